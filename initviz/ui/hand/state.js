// What the hand knows and holds, and its own parts of the page.

import { SIDES, settingOf } from "./page.js";
import { sure } from "./slip.js";

/** @import { Luck } from "./luck.js" */
/** @import { Theory } from "./theory.js" */
/** @import { Component, Data, Moved, Sweep, Trigger } from "./types.js" */

/**
 * @typedef {object} Hand
 * @property {Data | null} data what the server said last
 * @property {string} text the same as text, to compare
 * @property {Theory | null} theory
 * @property {Luck | null} luck
 * @property {Sweep | null} sweep
 * @property {Component["parentElement"] | null} root
 * @property {Trigger | null} trigger
 * @property {Moved | null} moved what has the charts in hand, null while they are at rest
 * @property {boolean} listening
 * @property {boolean} sweepWhenDrawn
 */

/** @type {Hand} */
export const hand = {
  data: null,
  text: "",
  theory: null,
  luck: null,
  sweep: null,
  root: null,
  trigger: null,
  moved: null,
  listening: false,
  sweepWhenDrawn: false,
};

export const dataNow = () => sure(hand.data, "word of the server yet");

/** @type {(name: string) => HTMLElement | null | undefined} */
const find = (name) => hand.root?.querySelector(`[data-part=${name}]`);

/** @param {string} name */
export const part = (name) => sure(find(name), name);

/** @type {() => HTMLCanvasElement | null | undefined} */
export const canvas = () => hand.root?.querySelector("canvas");

/** @type {() => HTMLInputElement} */
export const scrubber = () => sure(part("scrub").querySelector("input"), "input");

/** @type {(name: "play" | "sweep", text: string) => void} */
export const label = (name, text) => {
  part(name).textContent = text;
};

/** @param {string} text */
export const say = (text) => {
  const place = hand.moved?.dock?.lastChild ?? find("words");
  if (place && place.textContent !== text) place.textContent = text;
};

export const ready = () => hand.theory !== null && SIDES.every(settingOf);
