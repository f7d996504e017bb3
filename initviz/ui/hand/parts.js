// The parts of a picture that change while it moves, back to front.

import { make } from "./svg.js";

/** @import { Picture } from "./picture.js" */
/** @import { Parts } from "./types.js" */
/** @import { Attributes } from "./svg.js" */

/**
 * @param {Picture} picture
 * @param {string} trains the colour of the zone where the signal is stable
 * @returns {Parts}
 */
export function partsOf(picture, trains) {
  const { side, root, size, styles } = picture;
  define(picture);
  const zone = make("rect", { width: size.w, fill: trains }, root);
  const rows = make("g", { style: styles.y.style, "text-anchor": "end" }, root);
  const columns = make("g", { style: styles.x.style, "text-anchor": "middle" }, root);
  const inside = make("g", { "clip-path": `url(#hand-clip-${side})` }, root);
  const lines = linesOf(picture, make("g", { transform: "scale(0.1)", fill: "none" }, inside));
  const tip = make("circle", { r: 6, fill: picture.hue }, inside);
  return { zone, rows, columns, ...lines, tip, ...textsOf(picture) };
}

/**
 * What cuts curves off at the frame, and the dot that marks a layer.
 * @param {Picture} picture
 */
function define({ side, root, size, hue }) {
  const defs = make("defs", {}, root);
  const clip = make("clipPath", { id: `hand-clip-${side}` }, defs);
  make("rect", { width: size.w, height: size.h }, clip);
  const box = { markerWidth: 50, markerHeight: 50, refX: 25, refY: 25 };
  const marker = { id: `hand-dot-${side}`, ...box, markerUnits: "userSpaceOnUse" };
  make("circle", { cx: 25, cy: 25, r: 25, fill: hue }, make("marker", marker, defs));
}

/**
 * @param {Picture} picture
 * @param {SVGGElement} tenths
 */
function linesOf({ hue, pins }, tenths) {
  /** @type {(stroke: string, width: number, more?: Attributes) => SVGPathElement} */
  const line = (stroke, width, more) =>
    make("path", { stroke, "stroke-width": width, ...more }, tenths);
  return {
    pins: pins.map((pin) => line(pin.hue, 17.5)),
    band: make("path", { fill: hue, "fill-opacity": 0.13, class: "band" }, tenths),
    theory: line(hue, 15, { "stroke-dasharray": "90,60", class: "theory" }),
    measured: line(hue, 25, { class: "measured" }),
  };
}

/** @param {Picture} picture */
function textsOf({ root, size: { w, h }, ink, backward }) {
  // The names of zones stand where there is no curve, the label beside the name of the axis.
  const note = { fill: ink, "font-size": 11, "text-anchor": backward ? "start" : "end" };
  const at = { ...note, x: backward ? 2 : w - 2 };
  return {
    words: ["stable", "vanishing", "exploding"].map((word) => make("text", at, root, word)),
    label: make("text", { ...note, x: w, y: h + 37, "text-anchor": "end" }, root),
    legend: make("text", { y: h + 60, fill: ink, "font-size": 12 }, root),
  };
}
