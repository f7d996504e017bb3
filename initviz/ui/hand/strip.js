// The network as a strip: one cell a layer, above the activations, below the gradients.

import { log10s, plotOf } from "./page.js";
import { canvas, dataNow } from "./state.js";

/** @import { Logs, Side } from "./types.js" */

// Blue for small, orange for large, on one scale whatever the network: eight decades each way.
const HUES = ["0,114,178", "213,94,0"];
const DECADES = 8;
const SHADES = 32;
const COLOURS = HUES.map((hue) =>
  Array.from({ length: SHADES + 1 }, (_, i) => `rgba(${hue},${0.08 + (0.92 * i) / SHADES})`),
);

/**
 * The curve that the chart itself has.
 * @param {Side} side
 */
function own(side) {
  const trace = plotOf(side)?.data.find(({ name }) => name === "measured");
  return trace ? log10s(trace) : [];
}

/**
 * @param {Logs} [activations]
 * @param {Logs} [gradients]
 * @param {[number, number]} [until] so many layers are lit, from the first on and from the last
 */
export function strip(activations, gradients, until) {
  const area = canvas();
  const pen = area?.getContext("2d");
  if (!area || !pen) return;
  const { width, height } = area;
  const { share } = dataNow();
  pen.clearRect(0, 0, width, height);
  [activations ?? own("activation"), gradients ?? own("gradient")].forEach((logs, row) => {
    const cell = width / logs.length;
    const gap = Math.min(4, cell * 0.15);
    for (let i = 0; i < logs.length; i++) {
      const decades = Math.min(Math.abs(logs[i]) / share / DECADES, 1);
      const lit = !until || (row ? i >= logs.length - until[1] : i < until[0]);
      pen.fillStyle = COLOURS[logs[i] < 0 ? 0 : 1][Math.round(decades * SHADES)] ?? "black";
      pen.globalAlpha = lit ? 1 : 0.15;
      pen.fillRect(i * cell + gap / 2, (row * height) / 2 + 1, cell - gap, height / 2 - 2);
    }
  });
}
