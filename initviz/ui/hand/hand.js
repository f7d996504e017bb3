// What moves under the finger. Streamlit's sliders say nothing to the server until they are let
// go of; meanwhile these files run the theory's recursion (initviz/theory/forecast.py) in the
// page and draw its line over a copy of each chart. Without them every page works the same.

import { unpacked } from "./gains.js";
import { press, unpress } from "./keys.js";
import { Luck } from "./luck.js";
import { letGo, release } from "./moving.js";
import { touchPlane } from "./plane.js";
import { play } from "./play.js";
import { fieldOf, take } from "./slider.js";
import { safely } from "./slip.js";
import { startWatching, watch } from "./standins.js";
import { hand, part, scrubber } from "./state.js";
import { strip } from "./strip.js";
import { hold, sweep, sweepIfAsked } from "./sweep.js";
import { Theory } from "./theory.js";

/** @import { Component, Data } from "./types.js" */

const planeHeld = () => hand.moved?.kind === "plane";

/**
 * @template {keyof DocumentEventMap} Name
 * @param {Name} event
 * @param {(event: DocumentEventMap[Name]) => void} action
 */
const on = (event, action) => document.addEventListener(event, safely(action), true);

function listen() {
  if (hand.listening) return;
  hand.listening = true;
  on("pointerdown", (event) => {
    const field = fieldOf(event.target);
    if (field) take(field, /** @type {Element} */ (event.target));
    else touchPlane(event);
  });
  on("pointermove", (event) => {
    if (hand.moved?.kind === "plane" && !hand.moved.until) hand.moved.move(event);
  });
  on("pointerup", release);
  // Plotly would keep a finger on the plane from scrolling, and take its tap for a mouse's click.
  on("touchstart", (event) => {
    if (planeHeld()) event.stopImmediatePropagation();
  });
  on("touchend", (event) => {
    if (planeHeld() && event.cancelable) event.preventDefault();
  });
  // A finger that scrolls takes its touch back.
  on("pointercancel", () => (planeHeld() ? letGo() : release()));
  on("keydown", press);
  on("keyup", unpress);
  on("focusout", unpress);
  const resized = () => hand.moved && hand.moved.wide !== innerWidth && letGo();
  addEventListener("resize", safely(resized));
  startWatching();
}

/** @param {Data} data */
function learn(data) {
  const text = JSON.stringify(data);
  if (text === hand.text) return;
  const { tables, sweep: packed } = data;
  hand.text = text;
  hand.data = data;
  hand.sweep = packed && unpacked(packed);
  hand.theory = tables && new Theory(tables);
  hand.luck = tables?.luck ? new Luck(tables) : null;
}

/** @param {Component} component */
function attach({ data, parentElement, setTriggerValue }) {
  hand.root = parentElement;
  hand.trigger = setTriggerValue;
  learn(data);
  part("play").onclick = safely(play);
  part("sweep").onclick = safely(sweep);
  scrubber().oninput = hold;
  listen();
  if (!hand.moved) {
    watch();
    strip();
  }
  sweepIfAsked();
}

export default safely(attach);
