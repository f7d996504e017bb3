// The band of luck, where 95 % of draws lie: as initviz/theory/band.py.

import { floats } from "./packed.js";
import { alikes, alone, followed } from "./pairs.js";
import { sure } from "./slip.js";
import { shift, spreadBackward, spreadForward, tied } from "./strays.js";

/** @import { Law, Layer } from "./pairs.js" */
/** @import { DrawnColumn, Ends, Logs, Prediction, Setting, Tables } from "./types.js" */

const TERMS_OF_LAW = 8;
const SERIES_OF_LAW = 7;
const ENTRIES = SERIES_OF_LAW * TERMS_OF_LAW + 6;
const REACH = 1.96;
// A strayed length that grows by more is no longer a small one.
const RUNS_AWAY = 2;

/**
 * One row of the table: the series, then six numbers.
 * @param {Float32Array} row
 * @returns {Law}
 */
function lawOf(row) {
  /** @param {number} s */
  const terms = (s) => row.subarray(s * TERMS_OF_LAW, (s + 1) * TERMS_OF_LAW);
  const [answer, curve, slopeAnswer, slopeCurve, spreadAnswer, spreadCurve] = row.subarray(
    SERIES_OF_LAW * TERMS_OF_LAW,
  );
  return {
    phi: terms(0),
    slope: terms(1),
    square: terms(2),
    slopeSquare: terms(3),
    both: terms(4),
    spread: terms(5),
    along: terms(6),
    answer,
    curve,
    slopeAnswer,
    slopeCurve,
    spreadAnswer,
    spreadCurve,
  };
}

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
      if (grown > RUNS_AWAY) return null;
    }
    const singles = layers.map(alone);
    const pairs = followed(layers, this.tables.widths[setting.width].cosine);
    const [one, two] = [singles, pairs].map((p) => spreadForward(layers, p));
    const wholly = layers.map(() => 1);
    const backOne = spreadBackward(layers, singles, one.v, wholly);
    const turns = alikes(layers, pairs, this.luck.alike);
    const backTwo = spreadBackward(layers, pairs, two.v, turns);
    const both = tied(layers, pairs);
    /** @param {number[]} values */
    const plus = (values) => values.map((x, l) => x + both[l]);
    const moved = shift(layers, one.v, backOne.lengths);
    /** @type {(column: DrawnColumn, own: number[], shared: number[], moves: number[]) => Logs} */
    const end = (column, own, shared, moves) => this.outline(theory[column], own, shared, moves);
    return {
      act_var: end("act_var", one.spread, two.spread, moved.spread),
      grad_preact_var: end("grad_preact_var", backOne.z, plus(backTwo.z), moved.gradZ),
      grad_act_var: end("grad_act_var", backOne.h, plus(backTwo.h), moved.gradH),
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
      const reach = (REACH * Math.sqrt(variance)) / Math.LN10;
      outline[l] = centre - reach;
      outline[2 * n - 1 - l] = centre + reach;
    }
    return outline;
  }
}
