// Everything of Streamlit's and Plotly's page that this relies on.

import { sure } from "./slip.js";

/** @import { Chart, Trace } from "../plotly.js" */
/** @import { Field, Logs, Meta, Side } from "./types.js" */

export const PAGE = {
  app: "[data-testid=stApp]",
  running: "[data-testid=stApp]:not([data-test-script-state=notRunning])",
  slider: "[data-testid=stSlider]",
  thumb: "[data-testid=stSliderThumbValue]",
  range: "input[type=range]",
  panel: ".st-key-panel_charts",
  plane: ".st-key-plane",
  surface: ".nsewdrag",
  plot: ".js-plotly-plot",
  drawing: ".svg-container",
  drawn: ".scatterlayer .trace",
  legend: ".infolayer > .legend",
  replaced: ".cartesianlayer > *, .shapelayer > *, .infolayer > .annotation, .draglayer > *",
};

/** @type {Side[]} */
export const SIDES = ["activation", "gradient"];

/** @param {Field} field */
export const fieldAt = (field) => `.st-key-${field}`;

/** @param {Side} side */
const chartAt = (side) => `.st-key-${side}_chart`;

/**
 * What holds a side's chart, and stays while charts come and go.
 * @type {(side: Side) => HTMLElement | null}
 */
export const holderOf = (side) => document.querySelector(chartAt(side));

/**
 * A side's chart, once it is drawn.
 * @type {(side: Side) => Chart | null}
 */
export const plotOf = (side) => {
  /** @type {Chart | null} */
  const chart = document.querySelector(`${chartAt(side)} ${PAGE.plot}`);
  return chart?._fullLayout?.yaxis && chart.querySelector(PAGE.drawn) ? chart : null;
};

/** @param {Chart} chart */
export const fullLayout = (chart) => sure(chart._fullLayout, "drawn chart");

/** @param {Side} side */
const metaOf = (side) => /** @type {Meta | null | undefined} */ (plotOf(side)?.layout?.meta);

/** @param {Side} side */
export const settingOf = (side) => metaOf(side)?.network;

/** @param {Side} side */
export const gainsOf = (side) => sure(metaOf(side), "range of gains").gains;

/**
 * @param {Trace} trace
 * @returns {Logs}
 */
export const log10s = (trace) => Array.from(trace.y._inputArray ?? trace.y, Math.log10);

export const running = () => document.querySelector(PAGE.running) !== null;

export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
