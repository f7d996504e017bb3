// The network's own mark on the plane, which Plotly moves as well; put back where no chart comes.

import { fullLayout, PAGE } from "./page.js";

/** @import { Chart, Trace } from "../plotly.js" */
/** @import { Point, Setting } from "./types.js" */
/** @import { Theory } from "./theory.js" */

/** @typedef {Element & { __data__?: { trace: Trace }[] }} Drawn a trace, with what it was drawn from */

/** @returns {Point | null} */
export function planted() {
  /** @type {Chart | null} */
  const chart = document.querySelector(`${PAGE.plane} ${PAGE.plot}`);
  if (!chart) return null;
  /** @type {NodeListOf<Drawn>} */
  const drawn = chart.querySelectorAll(PAGE.drawn);
  const own = [...drawn].find(({ __data__ }) => __data__?.[0].trace.name === "this network");
  const mark = own?.querySelector("path");
  if (!mark) return null;
  return { mark, axes: fullLayout(chart), was: mark.getAttribute("transform") };
}

/** @param {Point} point */
export function putBack({ mark, was }) {
  mark.setAttribute("transform", was ?? "");
}

/** @type {(point: Point | null, theory: Theory, setting: Setting) => void} */
export function stand(point, theory, setting) {
  const [, hidden] = theory.variances(setting) ?? [];
  if (!point || !(hidden >= 0)) return;
  const { xaxis, yaxis } = point.axes;
  const x = xaxis.d2p(Math.sqrt(setting.width * hidden));
  point.mark.setAttribute("transform", `translate(${x},${yaxis.d2p(setting.bias_std)})`);
}
