// ln E[φ²], ln E[φ'²] and E[φ]/√E[φ²] as functions of ln v: initviz/theory/tables.py.

import { doubles } from "./packed.js";

/** @import { Tables } from "./types.js" */

/**
 * Derivatives on the grid, as `_slopes` in initviz/theory/tables.py takes them.
 * @param {Float64Array} y
 * @param {number} step
 */
function slopes(y, step) {
  const n = y.length;
  return y.map((_, i) => {
    if (i > 1 && i < n - 2)
      return (8 * (y[i + 1] - y[i - 1]) - (y[i + 2] - y[i - 2])) / (12 * step);
    const [low, high] = [Math.max(i - 1, 0), Math.min(i + 1, n - 1)];
    return (y[high] - y[low]) / ((high - low) * step);
  });
}

export class Table {
  square = 0;
  slope = 0;
  ratio = 0;

  /** @param {Tables} tables */
  constructor({ square, slope, ratio, lowest, highest, step }) {
    this.lowest = lowest;
    this.highest = highest;
    this.step = step;
    this.squares = doubles(square);
    this.slopes = doubles(slope);
    this.ratios = doubles(ratio);
    // A homogeneous activation is one power law all the way.
    this.law = this.squares.length === 1;
    this.squaresBy = slopes(this.squares, step);
    this.slopesBy = slopes(this.slopes, step);
    this.ratiosBy = slopes(this.ratios, step);
  }

  /**
   * Leave the three at ln v = x in `square`, `slope` and `ratio`.
   * @param {number} x
   */
  at(x) {
    if (this.law) {
      this.square = x + this.squares[0];
      this.slope = this.slopes[0];
      this.ratio = this.ratios[0];
      return;
    }
    const { lowest, highest, step, squares } = this;
    const within = Math.min(Math.max(x, lowest), highest);
    const place = (within - lowest) / step;
    const k = Math.min(Math.floor(place), squares.length - 2);
    const t = place - k;
    const u = 1 - t;
    const [a, b] = [(1 + 2 * t) * u * u, t * t * (3 - 2 * t)];
    const [c, d] = [step * t * u * u, -step * t * t * u];
    /** @type {(y: Float64Array, by: Float64Array) => number} */
    const cubic = (y, by) => a * y[k] + b * y[k + 1] + c * by[k] + d * by[k + 1];
    this.square = cubic(squares, this.squaresBy);
    this.slope = cubic(this.slopes, this.slopesBy);
    this.ratio = cubic(this.ratios, this.ratiosBy);
    if (within === x) return;
    const end = x < lowest ? 0 : squares.length - 1;
    this.square += (x - within) * this.squaresBy[end];
    this.slope += (x - within) * this.slopesBy[end];
  }
}
