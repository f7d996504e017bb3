// How far a draw strays: as initviz/theory/finite_width.py and both_ways.py, with shortened series.

import { alone, common, series, total } from "./pairs.js";

/** @import { Law, Layer, Pair } from "./pairs.js" */

/**
 * @param {Layer[]} layers
 * @param {Pair[]} pairs
 */
export function spreadForward(layers, pairs) {
  /** @type {Record<"spread" | "v", number[]>} */
  const found = { spread: [], v: [] };
  let carried = 0;
  layers.forEach(({ law, fed, width }, l) => {
    const v = fed ** 2 * carried;
    carried = law.answer ** 2 * v + common(law.square, pairs[l]) / width;
    found.v.push(v);
    found.spread.push(law.spreadAnswer ** 2 * v + common(law.spread, pairs[l]) / width);
  });
  return found;
}

/**
 * @param {Layer[]} layers
 * @param {Pair[]} pairs
 * @param {number[]} v what the layers' lengths stray by
 * @param {number[]} turns how alike two gradients are
 */
export function spreadBackward(layers, pairs, v, turns) {
  /** @type {Record<"z" | "h" | "lengths", number[]>} */
  const found = { z: [], h: [], lengths: [] };
  let [added, since, echo, above] = [0, 0, 0, 0];
  for (let l = layers.length - 1; l >= 0; l--) {
    const { law, width, orthogonal } = layers[l];
    const pair = pairs[l];
    const top = l === layers.length - 1;
    const rounded = orthogonal && !top ? 1 : 0;
    const turn = 2 * turns[l];
    found.h[l] = above + (rounded ? 0 : turn / width);
    const masks = 1 + common(law.slopeSquare, pair);
    added += (masks * (1 + turn) - 1 - turn * rounded) / width;
    if (!top) {
      const { fed } = layers[l + 1];
      since += ((echo * fed) ** 2 * common(law.square, pair)) / width;
      since += (2 * echo * fed * common(law.both, pair)) / width;
      echo *= fed * law.answer;
    }
    echo += law.slopeAnswer;
    found.lengths[l] = since + echo ** 2 * v[l];
    above = added + found.lengths[l];
    found.z[l] = above;
  }
  return found;
}

/**
 * What one W for both passes does.
 * @type {(law: Law, pair: Pair) => number}
 */
const along = (law, pair) => {
  const energy = total(law.phi) * total(law.slope) * (1 + 2 * law.slopeAnswer * pair.square);
  return energy > 0 ? Math.min(1, series(law.along, pair) ** 2 / energy) : 0;
};

/**
 * @param {Layer[]} layers
 * @param {Pair[]} pairs
 */
export function tied(layers, pairs) {
  /** @type {number[]} */
  const found = [];
  let [echo, kept, sum] = [0, 0, 0];
  for (let l = layers.length - 1; l >= 0; l--) {
    const { law, width, fed, orthogonal } = layers[l];
    found[l] = sum;
    if (l + 1 < layers.length) echo *= layers[l + 1].fed * law.answer;
    echo += law.slopeAnswer;
    kept = echo + along(law, pairs[l]) * kept;
    if (!orthogonal) sum += (4 * fed * kept) / width ** 2;
  }
  return found;
}

/** @type {(layer: Layer) => number} */
const missing = ({ orthogonal, fed, width }) => (orthogonal ? fed ** 2 / width : 0);

/**
 * How far the average of a finite width lies from the limit.
 * @param {Layer[]} layers
 * @param {number[]} v
 * @param {number[]} lengths
 */
export function shift(layers, v, lengths) {
  /** @type {number[]} */
  const z = [];
  /** @type {Record<"spread" | "gradZ" | "gradH", number[]>} */
  const found = { spread: [], gradZ: [], gradH: [] };
  const top = layers.length - 1;
  let carried = 0;
  layers.forEach((layer, l) => {
    const { law, fed } = layer;
    const gained = v[l] / 2 - missing(layer);
    z[l] = fed * carried;
    carried = law.answer * z[l] + law.curve * gained;
    found.spread[l] = law.spreadAnswer * z[l] + law.spreadCurve * gained;
  });
  let moved = 0;
  let share = 1 / layers[top].width;
  for (let l = top; l >= 0; l--) {
    const layer = layers[l];
    const { law, fed, width } = layer;
    const right = 1 / width;
    if (l < top && !layers[l + 1].orthogonal) {
      moved += Math.log1p(share - right);
      share /= 1 + share - right;
    }
    found.gradH[l] = moved + (l < top ? lengths[l + 1] / 2 : 0);
    const bend = law.slopeCurve + law.slopeAnswer - law.slopeAnswer ** 2;
    const weighed = 1 + (share - right) * (total(law.both) / law.both[0] - 1);
    const kept = along(law, alone(layer));
    const growth = 1 + 2 * law.slopeAnswer * fed;
    share = (growth * (share * kept + (1 - share) * (1 - kept) * right)) / weighed;
    moved += Math.log(weighed) + law.slopeAnswer * (z[l] - v[l] / 2) + (bend * v[l]) / 2;
    moved -= missing(layer) * law.slopeCurve;
    found.gradZ[l] = moved + lengths[l] / 2;
  }
  return found;
}
