// The powers of ten that a chart shows.

/** @import { Decades, Logs } from "./types.js" */

/**
 * As SMALLEST_WINDOW in initviz/figures/signal.py.
 * @type {Decades}
 */
export const SMALLEST = [-4, 4];

/**
 * As `window` in initviz/figures/signal.py.
 * @param {Logs} logs
 * @param {Decades} shown
 * @returns {Decades}
 */
export function fit(logs, [low, high]) {
  for (const log of logs) {
    if (!(Math.abs(log) < 300)) continue;
    low = Math.min(low, 4 * Math.floor(log / 4));
    high = Math.max(high, 4 * Math.ceil(log / 4));
  }
  return [low, high];
}
