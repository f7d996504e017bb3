// What theory expects of every layer: the recursion of initviz/theory/forecast.py.

import { floats } from "./packed.js";
import { Table } from "./table.js";

/** @import { Logs, Prediction, Setting, Tables } from "./types.js" */

/** @typedef {(layer: number) => number} Grown the ln by which a layer's weights multiply */

// Lengths that differ by less, as logarithms, are their average from there on.
const SAME = 0.01;

/** @type {(a: number, b: number) => number} */
const logAdd = (a, b) =>
  b === -Infinity ? a : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));

export class Theory {
  /** @param {Tables} tables */
  constructor(tables) {
    this.tables = tables;
    this.table = new Table(tables);
    /** @type {Record<string, Float32Array>} */
    this.shares = {};
    for (const [width, there] of Object.entries(tables.widths))
      this.shares[width] = floats(there.shares);
  }

  /**
   * ln of the average over the inputs of exp(x + y); all inputs may share one x, or one y.
   * @param {number} width
   * @param {Logs} x
   * @returns {number}
   */
  average(width, x, y = [0]) {
    if (x.length === 1 && y.length === 1) return x[0] + y[0];
    if (x.length === 1) return x[0] + this.average(width, y);
    const shares = this.shares[width];
    const alone = y.length === 1;
    let most = -Infinity;
    let sum = 0;
    for (let i = 0; i < x.length; i++) most = Math.max(most, alone ? x[i] : x[i] + y[i]);
    for (let i = 0; i < x.length; i++)
      sum += shares[i] * Math.exp((alone ? x[i] : x[i] + y[i]) - most);
    return most + Math.log(sum) + (alone ? y[0] : 0);
  }

  /**
   * Of the first layer's weights, a hidden layer's and the readout's.
   * @param {Setting} setting
   * @returns {number[] | undefined}
   */
  variances({ width, gain, scale, weight_var }) {
    const { widths, scaled, unit } = this.tables;
    const factor = gain ** 2 * (scaled ? Number(scale ?? unit) ** 2 : 1);
    return widths[width]?.variances.map((v) => weight_var ?? v * factor);
  }

  /**
   * log10 of every size by layer, or null where there is no theory.
   * @param {Setting} setting
   * @returns {Prediction | null}
   */
  predict(setting) {
    const { depth, width, bias_std } = setting;
    const there = this.tables.widths[width];
    const variances = this.variances(setting);
    if (!variances?.every((v) => v > 0)) return null;
    const [first, hidden, readout] = variances.map(Math.log);
    const noise = bias_std > 0 ? 2 * Math.log(bias_std) : -Infinity;
    /** @type {(l: number, fan: number) => number} */
    const grown = (l, fan) => (l ? Math.log(width) + hidden : Math.log(fan) + first);
    const forward = this.forward(width, depth, noise, (l) => grown(l, there.first));
    const top = this.average(width, forward.squares[depth - 1]);
    const loss = this.lossGradient(top, width, readout);
    const backward = this.backward(width, forward, loss, (l) => grown(l, width));
    const found = { ...forward.found, ...backward };
    for (const logs of Object.values(found))
      for (let l = 0; l < logs.length; l++) logs[l] /= Math.LN10;
    return found;
  }

  /**
   * @param {number} width
   * @param {number} depth
   * @param {number} noise
   * @param {Grown} grown
   */
  forward(width, depth, noise, grown) {
    const kind = this.tables.normalization;
    const { inputs, root } = this.inputs(width, noise);
    /** @type {{ squares: Logs[], slopes: Logs[], divided: Logs[] }} */
    const layers = { squares: [], slopes: [], divided: [] };
    /** @type {{ preact_ms: Logs, act_var: Logs }} */
    const found = { preact_ms: [], act_var: [] };
    let seen = inputs;
    let spread = inputs;
    for (let l = 0; l < depth; l++) {
      const factor = grown(l);
      let sizes = seen.map((x) => logAdd(x + factor, noise));
      if (kind === "batch") layers.divided.push([this.average(width, spread) + factor]);
      else if (kind !== "none") layers.divided.push(sizes);
      const mean = this.average(width, sizes);
      found.preact_ms.push(mean);
      if (kind !== "none") sizes = [0];
      else if (Math.max(...sizes) - Math.min(...sizes) < SAME) sizes = [mean];
      const { square, slope, ratios } = this.activate(sizes);
      const size = this.average(width, square);
      const steady = root * this.steady(width, square, ratios, size);
      found.act_var.push(size + Math.log(Math.max(1 - steady ** 2, 1e-12)));
      seen = square;
      if (kind === "batch")
        spread = square.map((x, i) => x + Math.log1p(-Math.min(ratios[i] ** 2, 1 - 1e-12)));
      layers.squares.push(square);
      layers.slopes.push(slope);
    }
    return { inputs, found, ...layers };
  }

  /**
   * The inputs' lengths, and the root's average over the root of the average.
   * @param {number} width
   * @param {number} noise
   */
  inputs(width, noise) {
    const { low, high } = this.tables.widths[width];
    const shares = this.shares[width];
    const last = shares.length - 1;
    const inputs = Array.from(shares, (_, i) => low + ((high - low) * i) / last);
    if (!this.table.law || this.tables.normalization !== "none" || noise !== -Infinity)
      return { inputs, root: 1 };
    // Every layer only multiplies lengths: one stands for all, but for the average of roots.
    const mean = this.average(width, inputs);
    const halves = inputs.map((x) => x / 2);
    return { inputs: [mean], root: Math.exp(this.average(width, halves) - mean / 2) };
  }

  /** @param {Logs} sizes */
  activate(sizes) {
    const { table } = this;
    const n = sizes.length;
    /** @type {Record<"square" | "slope" | "ratios", number[]>} */
    const found = { square: Array(n), slope: Array(n), ratios: Array(n) };
    for (let i = 0; i < n; i++) {
      table.at(sizes[i]);
      found.square[i] = table.square;
      found.slope[i] = table.slope;
      found.ratios[i] = table.ratio;
    }
    return found;
  }

  /**
   * The part of the root mean square that is a mean.
   * @param {number} width
   * @param {Logs} square
   * @param {number[]} ratios
   * @param {number} size
   */
  steady(width, square, ratios, size) {
    const shares = this.shares[width];
    const n = square.length;
    let steady = 0;
    if (Math.abs(ratios[0]) > 1e-9)
      for (let i = 0; i < n; i++)
        steady += (n > 1 ? shares[i] : 1) * ratios[i] * Math.exp((square[i] - size) / 2);
    return steady;
  }

  /**
   * @param {number} width
   * @param {{ inputs: Logs, squares: Logs[], slopes: Logs[], divided: Logs[] }} forward
   * @param {number} loss
   * @param {Grown} grown
   */
  backward(width, { inputs, squares, slopes, divided }, loss, grown) {
    /** @type {Record<"grad_act_var" | "grad_preact_var" | "grad_weight_var", Logs>} */
    const found = { grad_act_var: [], grad_preact_var: [], grad_weight_var: [] };
    /** @type {(x: Logs, i: number) => number} */
    const at = (x, i) => x[x.length > 1 ? i : 0];
    let gradient = [loss];
    for (let l = squares.length - 1; l >= 0; l--) {
      found.grad_act_var[l] = this.average(width, gradient);
      const over = divided[l] ?? [0];
      const n = Math.max(slopes[l].length, over.length, gradient.length);
      /** @type {Logs} */
      const next = Array(n);
      for (let i = 0; i < n; i++) next[i] = at(gradient, i) + at(slopes[l], i) - at(over, i);
      gradient = next;
      found.grad_preact_var[l] = this.average(width, gradient);
      const before = l ? squares[l - 1] : inputs;
      const size = Math.log(this.tables.size);
      found.grad_weight_var[l] = this.average(width, gradient, before) + size;
      for (let i = 0; i < n; i++) gradient[i] += grown(l);
    }
    return found;
  }

  /**
   * @param {number} square
   * @param {number} width
   * @param {number} readout
   */
  lossGradient(square, width, readout) {
    const { error, logits: ends, size } = this.tables;
    // A random gradient is of size one, and has neither.
    if (!error || !ends) return 0;
    const [low, high] = ends;
    const logits = square + Math.log(width) + readout;
    const at = ((Math.min(Math.max(logits, low), high) - low) / (high - low)) * (error.length - 1);
    const k = Math.min(Math.floor(at), error.length - 2);
    return readout + Math.log(error[k] + (at - k) * (error[k + 1] - error[k])) - 2 * Math.log(size);
  }
}
