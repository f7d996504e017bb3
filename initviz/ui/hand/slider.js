// A slider that is held.

import { dock } from "./dock.js";
import { atGain } from "./gains.js";
import { begin } from "./moving.js";
import { fieldAt, PAGE, SIDES, settingOf } from "./page.js";
import { drawAt } from "./redraw.js";
import { hand, ready, say } from "./state.js";
import { NOTHING } from "./words.js";

/** @import { Field, HeldSlider, Taken } from "./types.js" */

/** @type {Record<Field, string>} */
const NAMES = {
  depth: "depth",
  width: "width",
  gain: "gain",
  scale: "scale",
  bias_std: "bias std",
};
const FIELDS = /** @type {Field[]} */ (Object.keys(NAMES));

/** @param {EventTarget | null} target */
export const fieldOf = (target) =>
  target instanceof Element && target.closest(PAGE.slider)
    ? FIELDS.find((field) => target.closest(fieldAt(field)))
    : undefined;

/** @param {Field} field */
const thumb = (field) =>
  Number(document.querySelector(`${fieldAt(field)} ${PAGE.thumb}`)?.textContent ?? Number.NaN);

/**
 * @param {Field} field
 * @param {Element} slider
 */
export function take(field, slider) {
  if (!hand.theory) {
    say(NOTHING);
    return;
  }
  const { moved: other } = hand;
  const held = other?.kind === "slider" && other.field === field && !other.until;
  if (!ready() || held) return;
  const first = settingOf(SIDES[0])?.[field] ?? thumb(field);
  const moved = begin({ kind: "slider", field, value: first, first }, follow);
  moved.label = `at ${NAMES[field]} ${first}`;
  moved.dock = dock(moved.pictures, slider);
}

/** @param {HeldSlider & Taken} moved */
function follow(moved) {
  const { field, before } = moved;
  const value = thumb(field);
  if (!Number.isFinite(value) || value === moved.value) return;
  moved.value = value;
  drawAt(moved, { ...before, [field]: value }, `at ${NAMES[field]} ${value}`, (picture) =>
    field === "gain" ? atGain(picture, before.gain, value) : null,
  );
}
