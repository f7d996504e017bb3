// No work in vain. Streamlit has every chart drawn twice, with nothing new the second time but
// that its width is told and its title wrapped in one more <b>; and all of them before one is
// shown, those of a panel too that is below the screen.

import { PAGE } from "./page.js";

/** @import { Chart, Figure, Plotly, Trace } from "../plotly.js" */

/** @typedef {Pick<Figure, "data" | "layout">} Drawn */
/** @typedef {Figure | (Trace[] & Partial<Record<keyof Figure, undefined>>)} Asked */

/** @param {Drawn} drawn */
const written = ({ data, layout: { width, ...layout } }) =>
  JSON.stringify([data, layout], (key, value) =>
    key === "_inputArray" ? undefined : value,
  ).replaceAll(/<\/?b>/g, "");

/** @param {Chart} chart */
const belowScreen = (chart) =>
  chart.closest(PAGE.panel) && chart.getBoundingClientRect().top > innerHeight;

const nextFrame = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));

let begun = false;

/** @param {{ Plotly?: Plotly }} page */
export function spare({ Plotly }) {
  if (!Plotly || begun) return;
  begun = true;
  const { react } = Plotly;
  /** @type {WeakMap<Chart, { text: string | undefined, config: object | undefined }>} */
  const drawn = new WeakMap();
  /** @type {(chart: Chart, figure: Asked, ...rest: unknown[]) => Promise<Chart>} */
  Plotly.react = (chart, figure, ...rest) => {
    const { layout, config } = figure;
    const asked = layout && written(figure);
    const last = drawn.get(chart);
    const same = asked && config === last?.config && layout.width === chart._fullLayout?.width;
    // Plotly writes into what it draws.
    if (same && (asked === last?.text || asked === written(chart))) {
      chart.layout = layout;
      return Promise.resolve(chart);
    }
    drawn.set(chart, { text: asked, config });
    const draw = () => react(chart, figure, ...rest);
    // Who gives no whole figure does not wait for the last drawing either.
    if (!asked || !belowScreen(chart)) return draw();
    chart.style.minHeight = `${layout.height}px`;
    return nextFrame().then(() => {
      chart.style.minHeight = "";
      return chart.isConnected ? draw() : chart;
    });
  };
}
