// The sweep of the gain.

import { fit, SMALLEST } from "./decades.js";
import { atGain, sweepable } from "./gains.js";
import { begin, letGo } from "./moving.js";
import { gainsOf, SIDES, still } from "./page.js";
import { around, curvesAt, drawAt } from "./redraw.js";
import { hand, label, part, ready, say, scrubber } from "./state.js";
import { NO_SWEEP } from "./words.js";

/** @import { Picture } from "./picture.js" */
/** @import { Logs, OpenSweep, Taken } from "./types.js" */

// How long, in ms, it takes to run through all gains.
const SWEEP = 5000;

export function sweep() {
  if (hand.moved?.kind === "sweep") letGo();
  else if (!hand.theory) say(NO_SWEEP);
  else if (!ready()) return;
  else if (sweepable()) open();
  else {
    hand.sweepWhenDrawn = true;
    hand.trigger?.("sweep", true);
  }
}

/** Once the server has sent what it was asked for. */
export function sweepIfAsked() {
  if (!hand.sweepWhenDrawn || !sweepable() || !ready()) return;
  hand.sweepWhenDrawn = false;
  sweep();
}

function open() {
  const { low, high, critical } = gainsOf(SIDES[0]);
  const mark = part("critical");
  mark.hidden = !critical;
  mark.textContent = critical ? `critical gain ${Number(critical.toPrecision(3))}` : "";
  if (critical) mark.style.left = `${(100 * Math.log(critical / low)) / Math.log(high / low)}%`;
  part("scrub").hidden = false;
  scrubber().value = "0";
  const started = performance.now();
  const moved = begin({ kind: "sweep", low, high, started, end: close }, glide);
  moved.label = `at gain ${moved.before.gain}`;
  moved.window = windowOf(moved);
  label("sweep", "Close the sweep");
}

function close() {
  part("scrub").hidden = true;
  label("sweep", "Sweep the gain");
}

/** Stop at the gain that a hand has taken. */
export function hold() {
  if (hand.moved?.kind === "sweep") hand.moved.started = null;
}

/**
 * One window for all gains, whatever the network's own.
 * @param {OpenSweep & Taken} moved
 */
function windowOf(moved) {
  const { before, low, high, pictures } = moved;
  let window = SMALLEST;
  for (const gain of [low, high]) {
    /** @type {(picture: Picture) => Logs | null} */
    const measured = (picture) => atGain(picture, before.gain, gain);
    window = around(curvesAt(moved, { ...before, gain }, measured).curves, window);
  }
  for (const { pins } of pictures) for (const pin of pins) window = fit(pin.logs, window);
  return window;
}

/** @param {OpenSweep & Taken} moved */
function glide(moved) {
  const { low, high, before, started } = moved;
  const input = scrubber();
  if (started !== null && !still()) {
    const passed = (performance.now() - started) / SWEEP;
    input.value = `${Math.min(passed, 1)}`;
    if (passed >= 1) moved.started = null;
  }
  const gain = Number((low * (high / low) ** Number(input.value)).toPrecision(3));
  if (gain === moved.gain) return;
  moved.gain = gain;
  input.setAttribute("aria-valuetext", `gain ${gain}`);
  drawAt(moved, { ...before, gain }, `at gain ${gain}`, (picture) =>
    atGain(picture, before.gain, gain),
  );
}
