// Two inputs in front of each layer: as initviz/theory/pairs.py, with shortened series.

/** @typedef {Float32Array} Series */

/**
 * @typedef {object} Law
 * @property {Series} phi
 * @property {Series} slope
 * @property {Series} square
 * @property {Series} slopeSquare
 * @property {Series} both
 * @property {Series} spread
 * @property {Series} along
 * @property {number} answer
 * @property {number} curve
 * @property {number} slopeAnswer
 * @property {number} slopeCurve
 * @property {number} spreadAnswer
 * @property {number} spreadCurve
 */

/**
 * @typedef {object} Layer
 * @property {Law} law
 * @property {number} fed the share of a size that the layer before has fed
 * @property {boolean} orthogonal
 * @property {number} width
 */

/**
 * Inputs whose pre-activations' cosine counts as ±r, with its mean and the share free to stray.
 * @typedef {object} Pair
 * @property {number} r
 * @property {number} square
 * @property {number} loose
 * @property {number} tilt
 */

const TERMS = 8;

/** @type {(mean: number, square: number, loose: number) => Pair} */
const pairOf = (mean, square, loose) => {
  const r = Math.sqrt(square);
  return { r, square, loose, tilt: r ? Math.min(1, mean / r) : 0 };
};

/** @type {(layer: Layer) => Pair} */
export const alone = ({ orthogonal, fed }) => pairOf(1, 1, orthogonal ? 1 - fed ** 2 : 1);

/**
 * The even and the odd part of a series at the cosine r.
 * @type {(e: Series, pair: Pair) => [number, number]}
 */
const halves = (e, { r }) => {
  let even = 0;
  let odd = 0;
  for (let k = TERMS - 2; k >= 0; k -= 2) even = even * r * r + e[k];
  for (let k = TERMS - 3; k >= 1; k -= 2) odd = odd * r * r + e[k];
  // What is beyond counts as the sixteenth power.
  return [even + e[TERMS - 1] * r ** 16, odd * r];
};

/** @type {(e: Series, pair: Pair) => number} */
export const series = (e, pair) => {
  const [even, odd] = halves(e, pair);
  return even + pair.tilt * odd;
};

/** @type {(e: Series) => number} */
export const total = (e) => e.reduce((sum, x) => sum + x);

/** @type {(e: Series, pair: Pair) => number} */
const meanSquare = (e, pair) => {
  const [even, odd] = halves(e, pair);
  return (even ** 2 + odd ** 2 + 2 * even * odd * pair.tilt) / total(e) ** 2;
};

/** @type {(e: Series, pair: Pair) => number} */
export const common = (e, pair) =>
  (series(e, pair) - e[0] - (1 - pair.loose) * e[2] * pair.square) / e[0];

/**
 * @param {Layer[]} layers
 * @param {number} cosine of the inputs
 * @returns {Pair[]}
 */
export function followed(layers, cosine) {
  let mean = 0;
  let square = cosine ** 2;
  return layers.map(({ law, fed, orthogonal, width }) => {
    const rest = 1 - fed;
    const fromWeights = fed ** 2 * square;
    square = fromWeights + 2 * fed * rest * mean + rest ** 2;
    mean = fed * mean + rest;
    const pair = pairOf(mean, square, orthogonal && square ? 1 - fromWeights / square : 1);
    const kept = meanSquare(law.phi, pair);
    mean = series(law.phi, pair) / total(law.phi);
    square = Math.min(1, kept + ((1 - kept) * series(law.square, pair)) / law.square[0] / width);
    mean = Math.min(mean, Math.sqrt(square));
    return pair;
  });
}

/**
 * How alike the gradients of two inputs are behind each layer.
 * @param {Layer[]} layers
 * @param {Pair[]} pairs
 * @param {number} alike at the end
 */
export function alikes(layers, pairs, alike) {
  /** @type {number[]} */
  const found = [];
  for (let l = layers.length - 1; l >= 0; l--) {
    const { law, width } = layers[l];
    const pair = pairs[l];
    found[l] = alike;
    const kept = alike * meanSquare(law.slope, pair);
    alike = Math.min(1, kept + ((1 - kept) * (1 + common(law.slopeSquare, pair))) / width);
  }
  return found;
}
