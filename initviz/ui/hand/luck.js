// The band of luck, where 95 % of draws lie: as initviz/theory/finite_width.py, with shortened
// series.

import { floats } from "./packed.js";
import { sure } from "./slip.js";

/** @import { DrawnColumn, Ends, Logs, Prediction, Setting, Tables } from "./types.js" */

/** @typedef {Float32Array} Series */

/**
 * @typedef {object} Layer
 * @property {ReturnType<typeof lawOf>} law
 * @property {number} fed the share of a size that the layer before has fed
 * @property {boolean} orthogonal
 * @property {number} width
 */

const TERMS = 8;
const ENTRIES = 5 * TERMS + 4;

/**
 * One row of the table: five series, then four numbers.
 * @param {Float32Array} row
 */
function lawOf(row) {
  /** @param {number} s */
  const terms = (s) => row.subarray(s * TERMS, (s + 1) * TERMS);
  const [answer, slopeAnswer, curve, slopeCurve] = row.subarray(5 * TERMS);
  return {
    phi: terms(0),
    slope: terms(1),
    square: terms(2),
    slopeSquare: terms(3),
    both: terms(4),
    answer,
    slopeAnswer,
    curve,
    slopeCurve,
  };
}

/** @type {(e: Series, c: number) => number} */
const series = (e, c) => {
  let sum = 0;
  for (let k = TERMS - 2; k >= 0; k--) sum = sum * c + e[k];
  // What is beyond counts as the sixteenth power.
  const c4 = c * c * c * c;
  return sum + e[TERMS - 1] * c4 * c4 * c4 * c4;
};

export class Luck {
  /** @param {Tables} tables */
  constructor(tables) {
    const luck = sure(tables.luck, "band");
    this.tables = tables;
    this.luck = luck;
    const rows = floats(luck.laws);
    this.laws = Array.from({ length: luck.rows }, (_, r) =>
      lawOf(rows.subarray(r * ENTRIES, (r + 1) * ENTRIES)),
    );
  }

  /**
   * @param {Setting} setting
   * @param {Logs} sizes
   * @returns {Layer[]}
   */
  layers({ width, bias_std, weight_var }, sizes) {
    const { luck, tables } = this;
    const there = tables.widths[width];
    return sizes.map((log10, l) => {
      const fed = 1 - bias_std ** 2 * 10 ** -log10;
      const at = (log10 * Math.LN10 - luck.lowest) / (luck.highest - luck.lowest || 1);
      const row = Math.round(Math.min(Math.max(at, 0), 1) * (luck.rows - 1));
      const orthogonal = luck.orthogonal && !weight_var && (l > 0 || there.first <= width);
      return { law: this.laws[row], fed, orthogonal, width };
    });
  }

  /**
   * log10 of both ends by column, as one outline: along the lower end, and back along the upper.
   * Null where a strayed length runs away.
   * @param {Setting} setting
   * @param {Prediction} theory
   * @returns {Ends | null}
   */
  ends(setting, theory) {
    const layers = this.layers(setting, theory.preact_ms);
    let grown = 1;
    for (const { fed, law } of layers) {
      grown = Math.max(1, grown * fed * law.answer);
      if (grown > 1.5) return null;
    }
    const parallel = layers.map(() => 1);
    const cosines = this.cosines(layers, this.tables.widths[setting.width].cosine);
    const [one, two] = [parallel, cosines].map((c) => spreadForward(layers, c));
    const backOne = spreadBackward(layers, parallel, one.v, 1);
    const backTwo = spreadBackward(layers, cosines, two.v, this.luck.alike);
    const moved = shift(layers);
    /** @type {(column: DrawnColumn, own: number[], shared: number[], moves: number[]) => Logs} */
    const end = (column, own, shared, moves) => this.outline(theory[column], own, shared, moves);
    return {
      act_var: end("act_var", one.h, two.h, moved.h),
      grad_preact_var: end("grad_preact_var", backOne.z, backTwo.z, moved.gradZ),
      grad_act_var: end("grad_act_var", backOne.h, backTwo.h, moved.gradH),
    };
  }

  /**
   * @param {Logs} logs
   * @param {number[]} own the variance that each input has on its own
   * @param {number[]} shared what any two inputs share of it
   * @param {number[]} moves
   */
  outline(logs, own, shared, moves) {
    const { size } = this.tables;
    const n = logs.length;
    /** @type {Logs} */
    const outline = Array(2 * n);
    for (let l = 0; l < n; l++) {
      const variance = Math.max(own[l] / size + shared[l] * (1 - 1 / size), 1e-6);
      const centre = logs[l] + (moves[l] - variance / 2) / Math.LN10;
      const reach = (1.96 * Math.sqrt(variance)) / Math.LN10;
      outline[l] = centre - reach;
      outline[2 * n - 1 - l] = centre + reach;
    }
    return outline;
  }

  /**
   * Between two inputs, in front of each layer.
   * @param {Layer[]} layers
   * @param {number} cosine
   */
  cosines(layers, cosine) {
    return layers.map((layer) => {
      const c = layer.fed * cosine + 1 - layer.fed;
      const kept = (series(layer.law.phi, c) / series(layer.law.phi, 1)) ** 2;
      const stray = series(layer.law.square, c) / layer.law.square[0] / layer.width;
      cosine = Math.sqrt(Math.min(1, kept + (1 - kept) * stray));
      return c;
    });
  }
}

/** @type {(layer: Layer, c: number) => number} */
const loose = ({ orthogonal, fed }, c) => (orthogonal && c ? 1 - ((c - 1 + fed) / c) ** 2 : 1);

/** @type {(e: Series, layer: Layer, c: number) => number} */
const common = (e, layer, c) => (series(e, c) - e[0] + (loose(layer, c) - 1) * e[2] * c * c) / e[0];

/**
 * @param {Layer[]} layers
 * @param {number[]} cosines
 */
function spreadForward(layers, cosines) {
  /** @type {Record<"h" | "v", number[]>} */
  const found = { h: [], v: [] };
  let carried = 0;
  layers.forEach((layer, l) => {
    const lengths = layer.fed ** 2 * carried;
    const fresh = common(layer.law.square, layer, cosines[l]) / layer.width;
    carried = layer.law.answer ** 2 * lengths + fresh;
    found.v.push(lengths);
    found.h.push(carried);
  });
  return found;
}

/**
 * @param {Layer[]} layers
 * @param {number[]} cosines
 * @param {number[]} lengths
 * @param {number} alike how alike two gradients are
 */
function spreadBackward(layers, cosines, lengths, alike) {
  /** @type {Record<"z" | "h", number[]>} */
  const found = { z: [], h: [] };
  let [added, since, echo, above] = [0, 0, 0, 0];
  for (let l = layers.length - 1; l >= 0; l--) {
    const layer = layers[l];
    const c = cosines[l];
    const top = l === layers.length - 1;
    const rounded = layer.orthogonal && !top ? 1 : 0;
    found.h[l] = above + (rounded ? 0 : (2 * alike) / layer.width);
    const masks = 1 + common(layer.law.slopeSquare, layer, c);
    added += (masks * (1 + 2 * alike) - 1 - 2 * alike * rounded) / layer.width;
    if (!top) {
      const { fed } = layers[l + 1];
      since += ((echo * fed) ** 2 * common(layer.law.square, layer, c)) / layer.width;
      since += (2 * echo * fed * common(layer.law.both, layer, c)) / layer.width;
      echo *= fed * layer.law.answer;
    }
    echo += layer.law.slopeAnswer;
    above = added + since + echo ** 2 * lengths[l];
    found.z[l] = above;
    if (alike < 1) {
      const kept = alike * (series(layer.law.slope, c) / series(layer.law.slope, 1)) ** 2;
      alike = Math.min(1, kept + ((1 - kept) * masks) / layer.width);
    }
  }
  return found;
}

/**
 * How far the average of a finite width lies from the limit.
 * @param {Layer[]} layers
 */
function shift(layers) {
  /** @param {Layer} layer */
  const missing = (layer) => (layer.orthogonal ? layer.fed ** 2 / layer.width : 0);
  /** @type {number[]} */
  const z = [];
  /** @type {Record<"h" | "gradZ" | "gradH", number[]>} */
  const found = { h: [], gradZ: [], gradH: [] };
  let carried = 0;
  layers.forEach((layer, l) => {
    z[l] = layer.fed * carried;
    carried = layer.law.answer * z[l] - missing(layer) * layer.law.curve;
    found.h[l] = carried;
  });
  carried = 0;
  for (let l = layers.length - 1; l >= 0; l--) {
    found.gradH[l] = carried;
    carried += layers[l].law.slopeAnswer * z[l] - missing(layers[l]) * layers[l].law.slopeCurve;
    found.gradZ[l] = carried;
  }
  return found;
}
