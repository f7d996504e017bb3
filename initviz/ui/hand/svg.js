// Drawings: their parts made and placed, and a whole one copied.

import { PAGE } from "./page.js";
import { sure } from "./slip.js";

/** @import { Chart } from "../plotly.js" */

/** @typedef {Record<string, string | number>} Attributes */

/** @type {(element: Element, attributes: Attributes) => void} */
export const place = (element, attributes) => {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
};

/**
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} attributes
 * @param {Element} parent
 */
export function make(name, attributes, parent, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  place(made, attributes);
  made.textContent = text;
  parent.append(made);
  return made;
}

/**
 * A copy of a drawn chart, to be laid over it.
 * @param {Chart} chart
 */
export function copyOf(chart) {
  const drawing = sure(chart.querySelector(PAGE.drawing), "drawing");
  const copy = /** @type {HTMLElement} */ (drawing.cloneNode(true));
  Object.assign(copy.style, { position: "absolute", inset: "0", pointerEvents: "none" });
  for (const svg of copy.querySelectorAll("svg"))
    Object.assign(svg.style, { position: "absolute", left: "0", top: "0" });
  return copy;
}
