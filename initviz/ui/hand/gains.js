// The curve measured at another gain: from the sweep, or where a gain is only a factor
// (initviz/engine/homogeneous.py) from the curve at hand.

import { floats } from "./packed.js";
import { dataNow, hand } from "./state.js";

/** @import { Picture } from "./picture.js" */
/** @import { Logs, PackedSweep, Side, Sweep } from "./types.js" */

export const sweepable = () => dataNow().scales || hand.sweep !== null;

/**
 * Null where neither says it.
 * @param {Picture} picture
 * @param {number} before the gain of the picture's own curve
 * @param {number} gain
 * @returns {Logs | null}
 */
export function atGain({ side, measured }, before, gain) {
  const { columns, scales, share } = dataNow();
  if (hand.sweep) return interpolated(hand.sweep, side, gain);
  if (!scales || !(gain > 0 && before > 0)) return null;
  const depth = measured.length;
  const step = 2 * share * Math.log10(gain / before);
  const power = powerOf(columns[side], depth);
  return measured.map((log, i) => log + step * power(i + 1));
}

/**
 * Which power of the gain a layer's number has.
 * @type {(column: string, depth: number) => (layer: number) => number}
 */
function powerOf(column, depth) {
  if (column === "act_var") return (layer) => layer;
  if (column === "grad_weight_var") return () => depth - 1;
  return (layer) => depth - layer;
}

/**
 * @param {PackedSweep} sweep
 * @returns {Sweep}
 */
export function unpacked({ gains, activation, gradient }) {
  /** @param {string} packed */
  const curves = (packed) => {
    const values = floats(packed);
    const depth = values.length / gains.length;
    return gains.map((_, k) => Array.from(values.subarray(k * depth, (k + 1) * depth)));
  };
  return { gains, activation: curves(activation), gradient: curves(gradient) };
}

/** @type {(sweep: Sweep, side: Side, gain: number) => Logs | null} */
function interpolated({ gains, ...sides }, side, gain) {
  const curves = sides[side];
  const [first, last] = [gains[0], gains[gains.length - 1]];
  // The ends of a sweep are rounded to what a person reads.
  if (gain < 0.995 * first || gain > 1.005 * last) return null;
  const within = Math.min(Math.max(gain, first), last);
  const k = Math.min(
    gains.findLastIndex((g) => g <= within),
    gains.length - 2,
  );
  const t = Math.log(within / gains[k]) / Math.log(gains[k + 1] / gains[k]);
  return curves[k].map((log, l) => log + t * (curves[k + 1][l] - log));
}
