// While a run goes on its charts are redrawn where they stand; Streamlit would take each one away
// and put up another. Without this file they are empty until the run has ended.

/** @import { AxisAsked, Chart, Figure } from "../plotly.js" */

/** @type {(name: string) => Chart | null} */
const plotOf = (name) => document.querySelector(`.st-key-${name}_chart .js-plotly-plot`);

/**
 * What of an axis follows the data; everything else is as the page's theme has it.
 * @param {AxisAsked} axis
 * @param {AxisAsked} asked
 */
const moved = (axis, { range, dtick }) => ({ ...axis, range, dtick });

/** @param {{ data: Record<string, Figure> }} component */
export default function ({ data }) {
  for (const [name, { data: traces, layout }] of Object.entries(data)) {
    const chart = plotOf(name);
    // Not there yet: the next look comes soon.
    if (!chart?._fullLayout || !window.Plotly) continue;
    const yaxis = moved(chart.layout.yaxis, layout.yaxis);
    window.Plotly.react(chart, traces, { ...chart.layout, yaxis });
  }
}
