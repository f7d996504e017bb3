// What moves under the finger. Streamlit's sliders say nothing to the server until they are let
// go of; meanwhile this file runs the theory's recursion (initviz/theory/forecast.py) in the
// page and draws its line over a copy of each chart. Without it every page works the same.

// Everything of Streamlit's and Plotly's page that this relies on.
const PAGE = {
  app: "[data-testid=stApp]",
  running: "[data-testid=stApp]:not([data-test-script-state=notRunning])",
  slider: "[data-testid=stSlider]",
  thumb: "[data-testid=stSliderThumbValue]",
  range: "input[type=range]",
  field: (field) => `.st-key-${field}`,
  chart: (side) => `.st-key-${side}_chart`,
  panel: ".st-key-panel_charts",
  plane: ".st-key-plane",
  surface: ".nsewdrag",
  plot: ".js-plotly-plot",
  drawing: ".svg-container",
  drawn: ".scatterlayer .trace",
  tick: (axis) => `.${axis}tick text`,
  legend: ".infolayer > .legend",
  replaced: ".cartesianlayer > *, .shapelayer > *, .infolayer > .annotation, .draglayer > *",
};
const SIDES = ["activation", "gradient"];
const FIELDS = { depth: "depth", width: "width", gain: "gain", scale: "scale", bias_std: "bias std" };
const SVG = "http://www.w3.org/2000/svg";
// How long, in ms, a picture waits for the server's chart once the page has come to rest, how
// long a pass takes to travel through a chart, and a sweep through its gains.
const PATIENCE = 1000;
const TRAVEL = 2000;
const SWEEP = 5000;
// As SMALLEST_WINDOW in initviz/figures/signal.py.
const SMALLEST = [-4, 4];

// ---------------------------------------------------------------- the theory

const unpacked = (text, type) =>
  new type(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

const logAdd = (a, b) =>
  b === -Infinity ? a : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));

// Derivatives on the grid, as `_slopes` in initviz/theory/tables.py takes them.
function slopes(y, step) {
  const n = y.length;
  return y.map((_, i) => {
    if (i > 1 && i < n - 2)
      return (8 * (y[i + 1] - y[i - 1]) - (y[i + 2] - y[i - 2])) / (12 * step);
    const [low, high] = [Math.max(i - 1, 0), Math.min(i + 1, n - 1)];
    return (y[high] - y[low]) / ((high - low) * step);
  });
}

// ln E[φ²], ln E[φ'²] and E[φ]/√E[φ²] as functions of ln v: initviz/theory/tables.py.
class Table {
  constructor({ square, slope, ratio, lowest, highest, step }) {
    Object.assign(this, { lowest, highest, step });
    const columns = [square, slope, ratio].map((packed) => unpacked(packed, Float64Array));
    [this.squares, this.slopes, this.ratios] = columns;
    // A homogeneous activation is one power law all the way.
    this.law = this.squares.length === 1;
    if (!this.law) [this.squaresBy, this.slopesBy, this.ratiosBy] = columns.map((y) => slopes(y, step));
  }

  // Leave the three at ln v = x in `square`, `slope` and `ratio`.
  at(x) {
    if (this.law) {
      this.square = x + this.squares[0];
      [this.slope] = this.slopes;
      [this.ratio] = this.ratios;
      return;
    }
    const { lowest, highest, step, squares } = this;
    const within = Math.min(Math.max(x, lowest), highest), place = (within - lowest) / step;
    const k = Math.min(Math.floor(place), squares.length - 2), t = place - k, u = 1 - t;
    const [a, b, c, d] = [(1 + 2 * t) * u * u, t * t * (3 - 2 * t), step * t * u * u, -step * t * t * u];
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

// Lengths that differ by less, as logarithms, are their average from there on.
const SAME = 0.01;

export class Theory {
  constructor(tables) {
    this.tables = tables;
    this.table = new Table(tables);
    this.shares = {};
    for (const [width, there] of Object.entries(tables.widths))
      this.shares[width] = unpacked(there.shares, Float32Array);
  }

  // ln of the average over the inputs of exp(x + y); all inputs may share one x, or one y.
  average(width, x, y = [0]) {
    if (x.length === 1 && y.length === 1) return x[0] + y[0];
    if (x.length === 1) return x[0] + this.average(width, y);
    const shares = this.shares[width], alone = y.length === 1;
    let most = -Infinity, sum = 0;
    for (let i = 0; i < x.length; i++) most = Math.max(most, alone ? x[i] : x[i] + y[i]);
    for (let i = 0; i < x.length; i++)
      sum += shares[i] * Math.exp((alone ? x[i] : x[i] + y[i]) - most);
    return most + Math.log(sum) + (alone ? y[0] : 0);
  }

  // Of the first layer's weights, a hidden layer's and the readout's.
  variances({ width, gain, scale, weight_var }) {
    const { widths, scaled, unit } = this.tables;
    const factor = gain ** 2 * (scaled ? (scale ?? unit) ** 2 : 1);
    return widths[width]?.variances.map((v) => weight_var ?? v * factor);
  }

  // log10 of every size by layer, or null where there is no theory. A `weight_var` takes the
  // place of the initializer's.
  predict(setting) {
    const { depth, width, bias_std } = setting, there = this.tables.widths[width];
    const variances = this.variances(setting);
    if (!variances?.every((v) => v > 0)) return null;
    const [first, hidden, readout] = variances.map(Math.log);
    const noise = bias_std > 0 ? 2 * Math.log(bias_std) : -Infinity;
    const grown = (l, fan) => (l ? Math.log(width) + hidden : Math.log(fan) + first);
    const forward = this.forward(width, depth, noise, (l) => grown(l, there.first));
    const top = this.average(width, forward.squares.at(-1));
    const loss = this.lossGradient(top, width, readout);
    const found = { ...forward.found, ...this.backward(width, forward, loss, (l) => grown(l, width)) };
    for (const logs of Object.values(found))
      logs.forEach((value, l) => (logs[l] = value / Math.LN10));
    return found;
  }

  forward(width, depth, noise, grown) {
    const { table, tables: { normalization: kind, widths } } = this, { low, high } = widths[width];
    const shares = this.shares[width], last = shares.length - 1;
    let inputs = Array.from(shares, (_, i) => low + ((high - low) * i) / last), root = 1;
    if (table.law && kind === "none" && noise === -Infinity) {
      // Every layer only multiplies lengths: one stands for all, but for the average of roots.
      const mean = this.average(width, inputs);
      root = Math.exp(this.average(width, inputs.map((x) => x / 2)) - mean / 2);
      inputs = [mean];
    }
    const squares = [], slopes_ = [], divided = [], found = { preact_ms: [], act_var: [] };
    let seen = inputs, spread = inputs;
    for (let l = 0; l < depth; l++) {
      const factor = grown(l);
      let sizes = seen.map((x) => logAdd(x + factor, noise));
      if (kind === "batch") divided.push([this.average(width, spread) + factor]);
      else if (kind !== "none") divided.push(sizes);
      const mean = this.average(width, sizes);
      found.preact_ms.push(mean);
      if (kind !== "none") sizes = [0];
      else if (Math.max(...sizes) - Math.min(...sizes) < SAME) sizes = [mean];
      const n = sizes.length, square = Array(n), slope = Array(n), ratios = Array(n);
      for (let i = 0; i < n; i++) {
        table.at(sizes[i]);
        square[i] = table.square;
        slope[i] = table.slope;
        ratios[i] = table.ratio;
      }
      const size = this.average(width, square);
      let steady = 0;
      if (Math.abs(ratios[0]) > 1e-9)
        for (let i = 0; i < n; i++)
          steady += (n > 1 ? shares[i] : 1) * ratios[i] * Math.exp((square[i] - size) / 2);
      found.act_var.push(size + Math.log(Math.max(1 - (root * steady) ** 2, 1e-12)));
      seen = square;
      if (kind === "batch")
        spread = square.map((x, i) => x + Math.log1p(-Math.min(ratios[i] ** 2, 1 - 1e-12)));
      squares.push(square);
      slopes_.push(slope);
    }
    return { inputs, squares, slopes: slopes_, divided, found };
  }

  backward(width, { inputs, squares, slopes: by, divided }, loss, grown) {
    const grad_act_var = [], grad_preact_var = [], grad_weight_var = [];
    let gradient = [loss];
    for (let l = squares.length - 1; l >= 0; l--) {
      grad_act_var[l] = this.average(width, gradient);
      const over = divided[l] ?? [0], n = Math.max(by[l].length, over.length, gradient.length);
      const at = (x, i) => x[x.length > 1 ? i : 0], next = Array(n);
      for (let i = 0; i < n; i++) next[i] = at(gradient, i) + at(by[l], i) - at(over, i);
      gradient = next;
      grad_preact_var[l] = this.average(width, gradient);
      const before = l ? squares[l - 1] : inputs;
      grad_weight_var[l] = this.average(width, gradient, before) + Math.log(this.tables.size);
      for (let i = 0; i < n; i++) gradient[i] += grown(l);
    }
    return { grad_act_var, grad_preact_var, grad_weight_var };
  }

  lossGradient(square, width, readout) {
    if (this.tables.loss === "gaussian") return 0;
    const { error, logits: [low, high], size } = this.tables;
    const logits = square + Math.log(width) + readout;
    const at = ((Math.min(Math.max(logits, low), high) - low) / (high - low)) * (error.length - 1);
    const k = Math.min(Math.floor(at), error.length - 2);
    return readout + Math.log(error[k] + (at - k) * (error[k + 1] - error[k])) - 2 * Math.log(size);
  }
}

// ---------------------------------------------------------------- the band of luck

const SERIES = ["phi", "slope", "square", "slopeSquare", "both", "spread", "along"];
const ANSWERS = ["answer", "curve", "slopeAnswer", "slopeCurve", "spreadAnswer", "spreadCurve"];
const TERMS = 8;
const REACH = 1.96;
const RUNS_AWAY = 2;

// Two inputs whose pre-activations' cosine counts as ±r, with its mean and the share free to stray.
const pairOf = (mean, square, loose) => {
  const r = Math.sqrt(square);
  return { r, square, loose, tilt: r ? Math.min(1, mean / r) : 0 };
};

const alone = ({ orthogonal, fed }) => pairOf(1, 1, orthogonal ? 1 - fed ** 2 : 1);

// The even and the odd part of a series at the cosine r.
function parts(e, { r }) {
  let even = 0, odd = 0;
  for (let k = TERMS - 2; k >= 0; k -= 2) even = even * r * r + e[k];
  for (let k = TERMS - 3; k >= 1; k -= 2) odd = odd * r * r + e[k];
  // What is beyond counts as the sixteenth power.
  return [even + e[TERMS - 1] * r ** 16, odd * r];
}

const series = (e, pair) => {
  const [even, odd] = parts(e, pair);
  return even + pair.tilt * odd;
};

const total = (e) => e.reduce((sum, x) => sum + x);

const meanSquare = (e, pair) => {
  const [even, odd] = parts(e, pair);
  return (even ** 2 + odd ** 2 + 2 * even * odd * pair.tilt) / total(e) ** 2;
};

const common = (e, pair) =>
  (series(e, pair) - e[0] - (1 - pair.loose) * e[2] * pair.square) / e[0];

// As initviz/theory/finite_width.py, with shortened series: where 95 % of draws lie.
export class Luck {
  constructor(tables) {
    const { luck } = tables, rows = unpacked(luck.laws, Float32Array);
    const long = rows.length / luck.rows;
    Object.assign(this, { tables, luck });
    this.laws = Array.from({ length: luck.rows }, (_, r) => {
      const row = rows.subarray(r * long, (r + 1) * long), law = {};
      SERIES.forEach((name, s) => (law[name] = row.subarray(s * TERMS, (s + 1) * TERMS)));
      ANSWERS.forEach((name, s) => (law[name] = row[SERIES.length * TERMS + s]));
      return law;
    });
  }

  layers(setting, sizes) {
    const { luck, tables } = this, there = tables.widths[setting.width];
    return sizes.map((log10, l) => {
      const fed = 1 - setting.bias_std ** 2 * 10 ** -log10;
      const at = (log10 * Math.LN10 - luck.lowest) / (luck.highest - luck.lowest || 1);
      const row = Math.round(Math.min(Math.max(at, 0), 1) * (luck.rows - 1));
      const orthogonal = luck.orthogonal && !setting.weight_var && (l > 0 || there.first <= setting.width);
      return { law: this.laws[row], fed, orthogonal, width: setting.width };
    });
  }

  // log10 of both ends by column, as one outline: along the lower end, and back along the upper.
  // Null where a strayed length runs away.
  ends(setting, theory) {
    const layers = this.layers(setting, theory.preact_ms), { size } = this.tables;
    let grown = 1;
    for (const { fed, law } of layers) {
      grown = Math.max(1, grown * fed * law.answer);
      if (grown > RUNS_AWAY) return null;
    }
    const singles = layers.map(alone);
    const pairs = followed(layers, this.tables.widths[setting.width].cosine);
    const [one, two] = [singles, pairs].map((p) => forward(layers, p));
    const backOne = backward(layers, singles, one.v, layers.map(() => 1));
    const backTwo = backward(layers, pairs, two.v, alikes(layers, pairs, this.luck.alike));
    const both = tied(layers, pairs);
    const plus = (values) => values.map((x, l) => x + both[l]);
    const moved = shift(layers, one.v, backOne.lengths);
    const end = (column, own, shared, moves) => {
      const logs = theory[column], n = logs.length, outline = Array(2 * n);
      for (let l = 0; l < n; l++) {
        const variance = Math.max(own[l] / size + shared[l] * (1 - 1 / size), 1e-6);
        const centre = logs[l] + (moves[l] - variance / 2) / Math.LN10;
        const reach = (REACH * Math.sqrt(variance)) / Math.LN10;
        outline[l] = centre - reach;
        outline[2 * n - 1 - l] = centre + reach;
      }
      return outline;
    };
    return {
      act_var: end("act_var", one.spread, two.spread, moved.spread),
      grad_preact_var: end("grad_preact_var", backOne.z, plus(backTwo.z), moved.gradZ),
      grad_act_var: end("grad_act_var", backOne.h, plus(backTwo.h), moved.gradH),
    };
  }
}

// As `followed` in initviz/theory/pairs.py.
function followed(layers, cosine) {
  let mean = 0, square = cosine ** 2;
  return layers.map(({ law, fed, orthogonal, width }) => {
    const rest = 1 - fed, fromWeights = fed ** 2 * square;
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

function alikes(layers, pairs, alike) {
  const found = [];
  for (let l = layers.length - 1; l >= 0; l--) {
    const { law, width } = layers[l], pair = pairs[l];
    found[l] = alike;
    const kept = alike * meanSquare(law.slope, pair);
    alike = Math.min(1, kept + ((1 - kept) * (1 + common(law.slopeSquare, pair))) / width);
  }
  return found;
}

function forward(layers, pairs) {
  const spread = [], v = [];
  let carried = 0;
  layers.forEach(({ law, fed, width }, l) => {
    v.push(fed ** 2 * carried);
    carried = law.answer ** 2 * v[l] + common(law.square, pairs[l]) / width;
    spread.push(law.spreadAnswer ** 2 * v[l] + common(law.spread, pairs[l]) / width);
  });
  return { spread, v };
}

function backward(layers, pairs, v, turns) {
  const z = [], h = [], lengths = [];
  let [added, since, echo, above] = [0, 0, 0, 0];
  for (let l = layers.length - 1; l >= 0; l--) {
    const { law, width, orthogonal } = layers[l], pair = pairs[l], top = l === layers.length - 1;
    const rounded = orthogonal && !top ? 1 : 0, turn = 2 * turns[l];
    h[l] = above + (rounded ? 0 : turn / width);
    const masks = 1 + common(law.slopeSquare, pair);
    added += (masks * (1 + turn) - 1 - turn * rounded) / width;
    if (!top) {
      const { fed } = layers[l + 1];
      since += ((echo * fed) ** 2 * common(law.square, pair)) / width;
      since += (2 * echo * fed * common(law.both, pair)) / width;
      echo *= fed * law.answer;
    }
    echo += law.slopeAnswer;
    lengths[l] = since + echo ** 2 * v[l];
    above = z[l] = added + lengths[l];
  }
  return { z, h, lengths };
}

// As initviz/theory/both_ways.py: what one W for both passes does.
function along(law, pair) {
  const energy = total(law.phi) * total(law.slope) * (1 + 2 * law.slopeAnswer * pair.square);
  return energy > 0 ? Math.min(1, series(law.along, pair) ** 2 / energy) : 0;
}

function tied(layers, pairs) {
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

function shift(layers, v, lengths) {
  const missing = ({ orthogonal, fed, width }) => (orthogonal ? fed ** 2 / width : 0);
  const z = [], spread = [], gradZ = [], gradH = [], top = layers.length - 1;
  let carried = 0;
  layers.forEach((layer, l) => {
    const { law, fed } = layer, gained = v[l] / 2 - missing(layer);
    z[l] = fed * carried;
    carried = law.answer * z[l] + law.curve * gained;
    spread[l] = law.spreadAnswer * z[l] + law.spreadCurve * gained;
  });
  let moved = 0, share = 1 / layers[top].width;
  for (let l = top; l >= 0; l--) {
    const layer = layers[l], { law, fed, width } = layer, right = 1 / width;
    if (l < top && !layers[l + 1].orthogonal) {
      moved += Math.log1p(share - right);
      share /= 1 + share - right;
    }
    gradH[l] = moved + (l < top ? lengths[l + 1] / 2 : 0);
    const bend = law.slopeCurve + law.slopeAnswer - law.slopeAnswer ** 2;
    const weighed = 1 + (share - right) * (total(law.both) / law.both[0] - 1);
    const kept = along(law, alone(layer)), growth = 1 + 2 * law.slopeAnswer * fed;
    share = (growth * (share * kept + (1 - share) * (1 - kept) * right)) / weighed;
    moved += Math.log(weighed) + law.slopeAnswer * (z[l] - v[l] / 2) + (bend * v[l]) / 2;
    moved -= missing(layer) * law.slopeCurve;
    gradZ[l] = moved + lengths[l] / 2;
  }
  return { spread, gradZ, gradH };
}

// ---------------------------------------------------------------- words

const SUPERSCRIPT = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries()) };

// As `from_log10` in initviz/runtime/words.py.
export function words(log10, digits = 2) {
  if (log10 === -Infinity) return "0";
  let exponent = Math.floor(log10);
  let mantissa = Number((10 ** (log10 - exponent)).toFixed(digits - 1));
  if (mantissa >= 10) [mantissa, exponent] = [mantissa / 10, exponent + 1];
  if (exponent >= -3 && exponent <= 3)
    return (mantissa * 10 ** exponent).toFixed(Math.max(0, digits - 1 - exponent));
  const power = [...String(exponent)].map((c) => SUPERSCRIPT[c]).join("");
  return `${mantissa.toFixed(digits - 1).replace(/\.0$/, "")} × 10${power}`;
}

const NO_SWEEP = "Theory has nothing to say about this network, so there is no range of gains to sweep.";
const NOTHING = "Theory has nothing to say about this network: let go, and it is measured.";

function sentence(where, theory) {
  if (!theory) return `Theory has nothing to say ${where}.`;
  const logs = theory.grad_preact_var, depth = logs.length;
  const reached = `the gradient's variance reaches layer 1 as ${words(logs[0])}`;
  if (depth === 1) return `Theory ${where}: ${reached}.`;
  const factor = words((logs[0] - logs[depth - 1]) / (depth - 1));
  return `Theory ${where}: each layer × ${factor}; ${reached}.`;
}

// ---------------------------------------------------------------- a chart that can move

const place = (element, attributes) => {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

function make(name, attributes, parent, text = "") {
  const made = parent.appendChild(place(document.createElementNS(SVG, name), attributes));
  made.textContent = text;
  return made;
}

const log10s = (trace) => Array.from(trace.y._inputArray ?? trace.y, Math.log10);

const plotOf = (side) => {
  const gd = document.querySelector(`${PAGE.chart(side)} ${PAGE.plot}`);
  return gd?._fullLayout?.yaxis && gd.querySelector(PAGE.drawn) ? gd : null;
};

const settingOf = (gd) => gd?.layout?.meta?.network;
const gainsOf = (gd) => gd.layout.meta.gains;

// As `window` in initviz/figures/signal.py.
function fit(logs, [low, high]) {
  for (const log of logs) {
    if (!(Math.abs(log) < 300)) continue;
    low = Math.min(low, 4 * Math.floor(log / 4));
    high = Math.max(high, 4 * Math.ceil(log / 4));
  }
  return [low, high];
}

// A copy of a drawn chart, laid over it.
function copyOf(gd) {
  const copy = gd.querySelector(PAGE.drawing).cloneNode(true);
  Object.assign(copy.style, { position: "absolute", inset: "0", pointerEvents: "none" });
  for (const svg of copy.querySelectorAll("svg"))
    Object.assign(svg.style, { position: "absolute", left: "0", top: "0" });
  return copy;
}

// A copy of a chart in which the curves can be drawn anew at every frame.
class Picture {
  constructor(side) {
    this.side = side;
    this.backward = side === "gradient";
    this.holder = this.place = document.querySelector(PAGE.chart(side));
    const gd = (this.gd = plotOf(side));
    const { _size: size, font: { color: ink }, yaxis: { range, gridcolor: grid } } = gd._fullLayout;
    Object.assign(this, { size, window: [...range], ink, grid });
    const find = (name) => gd.data.find((trace) => trace.name === name);
    const measured = find("measured"), theory = find("theory"), band = find("95 % of draws");
    this.hue = measured.line.color;
    this.marked = measured.mode.includes("markers");
    this.measured = log10s(measured);
    this.theory = theory && log10s(theory);
    this.ends = band && log10s(band);
    this.pins = gd.data.filter((trace) => trace.name?.startsWith("pinned"))
      .map((trace) => ({ name: trace.name, hue: trace.line.color, logs: log10s(trace) }));
    this.styles = Object.fromEntries(["x", "y"].map((axis) => {
      const tick = gd.querySelector(PAGE.tick(axis));
      return [axis, { style: tick?.getAttribute("style") ?? "", y: Number(tick?.getAttribute("y")) }];
    }));
    this.copy = copyOf(gd);
    const stale = theory ? PAGE.replaced : `${PAGE.replaced}, ${PAGE.legend}`;
    this.copy.querySelectorAll(stale).forEach((part) => part.remove());
    const svg = this.copy.querySelector("svg");
    this.root = make("g", { transform: `translate(${size.l},${size.t})`, class: "hand" }, svg);
    this.parts = this.build();
  }

  show() {
    if (this.copy.isConnected) return;
    this.place.style.position = "relative";
    if (this.place === this.holder) this.holder.dataset.inHand = "";
    this.place.append(this.copy);
  }

  remove() {
    delete this.holder.dataset.inHand;
    this.copy.remove();
  }

  // `theory` and `measured` are log10 by layer, `ends` the band's. `until` draws so many layers
  // only, from where the signal starts; a `label` says that the measured curve belongs to another
  // setting.
  draw({ depth, shown, reach, theory, ends, measured, label, until }) {
    const { w, h } = this.size, longest = Math.max(depth, ...this.pins.map((p) => p.logs.length));
    const room = longest === 1 ? 0.5 : 0.02 * (longest - 1);
    Object.assign(this, { first: 1 - room, step: w / (longest - 1 + 2 * room) });
    Object.assign(this, { top: shown[1], per: h / (shown[1] - shown[0]) });
    this.frame(longest, shown);
    const start = (theory ?? measured)[this.backward ? depth - 1 : 0];
    this.trains(reach && Number.isFinite(start) ? [start - reach, start + reach] : null, shown);
    this.line("band", ends, 0, depth);
    this.line("theory", theory);
    const count = until ?? measured.length, from = this.backward ? measured.length - count : 0;
    const whole = count === measured.length;
    this.line("measured", whole ? measured : measured.slice(from, from + count), from);
    const drawn = measured.some(Number.isFinite);
    if (!this.theory) this.legend(theory, ends, drawn);
    const { measured: solid, tip, label: told } = this.parts;
    solid.style.opacity = label ? 0.35 : 1;
    solid.style.marker = this.marked && !label ? `url(#hand-dot-${this.side})` : "none";
    const end = this.backward ? from : count - 1, there = until && Number.isFinite(measured[end]);
    tip.style.display = there ? "" : "none";
    if (there) place(tip, { cx: this.x(end + 1), cy: this.y(measured[end]) });
    const words_ = (drawn && label) || "";
    if (told.textContent !== words_) told.textContent = words_;
  }

  // The parts that change at every frame, back to front, and those that seldom do.
  build() {
    const { w, h } = this.size, { side, hue } = this;
    const defs = make("defs", {}, this.root);
    make("rect", { width: w, height: h }, make("clipPath", { id: `hand-clip-${side}` }, defs));
    const marker = { id: `hand-dot-${side}`, markerWidth: 50, markerHeight: 50, refX: 25, refY: 25 };
    make("circle", { cx: 25, cy: 25, r: 25, fill: hue },
      make("marker", { ...marker, markerUnits: "userSpaceOnUse" }, defs));
    // The label stands beside the name of the axis, where there is no curve.
    const note = { fill: this.ink, "font-size": 11, "text-anchor": this.backward ? "start" : "end" };
    const at = { ...note, x: this.backward ? 2 : w - 2 };
    const zone = make("rect", { width: w, fill: hand.data.trains }, this.root);
    const rows = make("g", { style: this.styles.y.style, "text-anchor": "end" }, this.root);
    const columns = make("g", { style: this.styles.x.style, "text-anchor": "middle" }, this.root);
    const inside = make("g", { "clip-path": `url(#hand-clip-${side})` }, this.root);
    const tenths = make("g", { transform: "scale(0.1)", fill: "none" }, inside);
    const line = (stroke, width, more) => make("path", { stroke, "stroke-width": width, ...more }, tenths);
    const pins = this.pins.map((pin) => line(pin.hue, 17.5));
    const band = make("path", { fill: hue, "fill-opacity": 0.13, class: "band" }, tenths);
    const theory = line(hue, 15, { "stroke-dasharray": "90,60", class: "theory" });
    const measured = line(hue, 25, { class: "measured" });
    const tip = make("circle", { r: 6, fill: hue }, inside);
    const words = ["trains", "vanishing", "exploding"].map((word) => make("text", at, this.root, word));
    const label = make("text", { ...note, x: w, y: h + 37, "text-anchor": "end" }, this.root);
    const legend = make("text", { y: h + 60, fill: this.ink, "font-size": 12 }, this.root);
    return { legend, zone, rows, columns, pins, band, theory, measured, tip, words, label };
  }

  x(layer) {
    return (layer - this.first) * this.step;
  }

  y(log) {
    return (this.top - Math.max(Math.min(log, 1e4), -1e4)) * this.per;
  }

  // The numbers stay with the path for whoever wants to read them.
  line(name, logs, from, back) {
    const path = this.parts[name];
    if (path.values === logs && path.framed === this.framed) return;
    path.setAttribute("d", logs ? this.along(logs, from, back) : "");
    Object.assign(path, { values: logs, framed: this.framed });
  }

  // In tenths of a pixel, since whole numbers become text much faster. After `back` layers an
  // outline goes back.
  along(logs, from = 0, back = Infinity) {
    let d = "", pen = "M";
    for (let i = 0; i < logs.length; i++) {
      if (Number.isNaN(logs[i]) || logs[i] === -Infinity) pen = "M";
      else {
        const layer = i < back ? from + i + 1 : 2 * back - i;
        d += `${pen}${Math.round(10 * this.x(layer))},${Math.round(10 * this.y(logs[i]))}`;
        pen = " ";
      }
    }
    return d;
  }

  // Axes, and the pins that stand on them, are drawn anew only when the axes change.
  frame(depth, shown) {
    const { low, high, layers } = this.framed ?? {}, same = low === shown[0] && high === shown[1];
    if (same && layers === depth) return;
    if (!same) this.rows(shown);
    if (layers !== depth) this.columns(depth);
    this.pins.forEach((pin, i) => this.parts.pins[i].setAttribute("d", this.along(pin.logs)));
    this.framed = { low: shown[0], high: shown[1], layers: depth };
  }

  rows(shown) {
    const { size: { w }, styles: { y }, parts: { rows } } = this;
    rows.replaceChildren();
    const every = [1, 2, 4, 8, 12, 20, 40, 80, 160].find((s) => (shown[1] - shown[0]) / s <= 6);
    for (let p = every * Math.ceil(shown[0] / every); p <= shown[1]; p += every) {
      make("path", { d: `M0,${this.y(p)}h${w}`, stroke: this.grid }, rows);
      const text = make("text", { x: -2, y: this.y(p) + y.y }, rows, p === 0 ? "1" : "10");
      const power = { dy: "-0.6em", style: "font-size: 70%" };
      if (p !== 0 && p !== 1) make("tspan", power, text, String(p).replace("-", "−"));
    }
  }

  columns(depth) {
    const { size: { t }, styles: { x }, parts: { columns } } = this;
    const step = [1, 2, 5, 10, 20, 50, 100].find((s) => depth / s <= 10);
    for (let k = 0; (k + 1) * step <= depth; k++) {
      const layer = (k + 1) * step, text = columns.children[k] ?? make("text", { y: x.y - t }, columns);
      text.setAttribute("x", this.x(layer));
      if (text.textContent !== `${layer}`) text.textContent = layer;
    }
    while (columns.childElementCount * step > depth) columns.lastChild.remove();
  }

  // Where the chart itself had no theory, its legend has not either.
  legend(theory, ends, measured) {
    const { parts: { legend }, pins, hue } = this, key = `${!!theory} ${!!ends} ${measured}`;
    if (legend.told === key) return;
    legend.told = key;
    legend.replaceChildren();
    const entry = (shows, sign, name, fill, opacity = 1) => {
      if (!shows) return;
      make("tspan", { fill, "fill-opacity": opacity, dx: 10 }, legend, sign);
      make("tspan", { dx: 4 }, legend, name);
    };
    entry(ends, "▆▆", "95 % of draws", hue, 0.2);
    entry(theory, "╌╌", "theory", hue);
    entry(measured, "━━", "measured", hue);
    for (const pin of pins) entry(true, "━━", pin.name, pin.hue);
  }

  trains(zone, shown) {
    const { zone: rect, words: [trains, vanishing, exploding] } = this.parts;
    const [low, high] = [Math.max(zone?.[0], shown[0]), Math.min(zone?.[1], shown[1])];
    const there = high > low, room = (shown[1] - shown[0]) / 16;
    const [bottom, top] = [this.y(low), this.y(high)];
    const put = (part_, shows, at) => {
      part_.style.display = shows ? "" : "none";
      if (shows) place(part_, at);
    };
    put(rect, there, { y: top, height: bottom - top });
    put(trains, there, { y: top + 13 });
    put(vanishing, there && low - shown[0] > room, { y: bottom + 13 });
    put(exploding, there && shown[1] - high > room, { y: top - 4 });
  }
}

// ---------------------------------------------------------------- the state

// `moved` is what has the charts in hand: { pictures, frame, … }; null while they are at rest.
const hand = { data: null, theory: null, luck: null, root: null, trigger: null, moved: null };

// A slip in here must not reach the page: without this component everything works the same.
const safely = (action) => (...given) => {
  try {
    return action(...given);
  } catch (error) {
    // For whoever looks for it; the tests do.
    document.documentElement.dataset.handSlip = String(error);
    rest();
    say("");
    return undefined;
  }
};

const part = (name) => hand.root?.querySelector(`[data-part=${name}]`);

const say = (text) => {
  const place = hand.moved?.dock?.lastChild ?? part("words");
  if (place && place.textContent !== text) place.textContent = text;
};

const ready = () => hand.theory && SIDES.every((side) => settingOf(plotOf(side)));

function begin(movement) {
  letGo();
  const pictures = SIDES.map((side) => new Picture(side));
  const before = settingOf(plotOf(SIDES[0]));
  hand.moved = { pictures, text: hand.text, before, wide: innerWidth, point: planted(), ...movement };
  // What is drawn from here on is our own.
  watcher.disconnect();
  requestAnimationFrame(safely(frame));
}

function frame() {
  const { moved } = hand;
  if (!moved) return;
  // The page went on without us: other charts, another setting, or another page.
  const gone = !moved.until && moved.pictures.some(({ gd }) => !gd.isConnected);
  if (gone || (moved.sweeping && moved.text !== hand.text)) return letGo();
  moved.frame();
  if (moved.until && arrived()) letGo();
  if (hand.moved) requestAnimationFrame(safely(frame));
}

function letGo() {
  rest();
  say("");
  strip();
}

function rest() {
  const { moved } = hand;
  hand.moved = null;
  moved?.pictures.forEach((picture) => picture.remove());
  moved?.dock?.remove();
  moved?.end?.();
  if (moved?.point && !moved.until) moved.point.mark.setAttribute("transform", moved.point.was);
  unmark();
}

// What else is on the page belongs to the setting before: initviz/ui/style.py dims it.
function mark(label = "") {
  const { dataset, style } = document.documentElement;
  style.setProperty("--before", `"Before${label && `, ${label}`}:"`);
  dataset.before = "";
}

// The verdict comes last.
function unmark() {
  if (hand.moved) return;
  if (document.querySelector(PAGE.running)) requestAnimationFrame(safely(unmark));
  else delete document.documentElement.dataset.before;
}

// The network's own mark on the plane, which Plotly moves as well; put back where no chart comes.
function planted() {
  const gd = document.querySelector(`${PAGE.plane} ${PAGE.plot}`);
  const named = (trace) => trace.__data__?.[0].trace.name === "this network";
  const mark = gd && [...gd.querySelectorAll(PAGE.drawn)].find(named)?.querySelector("path");
  return mark && { mark, axes: gd._fullLayout, was: mark.getAttribute("transform") };
}

function stand(setting) {
  const { moved: { point }, theory } = hand, [, hidden] = theory.variances(setting) ?? [];
  if (!point || !(hidden >= 0)) return;
  const { mark, axes: { xaxis, yaxis } } = point, x = xaxis.d2p(Math.sqrt(setting.width * hidden));
  mark.setAttribute("transform", `translate(${x},${yaxis.d2p(setting.bias_std)})`);
}

// A band that left the numbers a chart can hold is none.
const drawable = (ends) => (ends?.every(Number.isFinite) ? ends : null);

// What both charts show of another setting; `measured` gives the curve that was measured there.
function curvesAt(setting, measured) {
  const { moved, data, theory, luck } = hand;
  const predicted = theory.predict(setting);
  const ends = predicted && luck?.ends(setting, predicted);
  const curves = moved.pictures.map((picture) => {
    const column = data.columns[picture.side], scaled = (x) => x * data.share;
    return {
      picture,
      theory: predicted?.[column].map(scaled),
      ends: drawable(ends?.[column])?.map(scaled),
      followed: measured(picture),
    };
  });
  return { predicted, curves };
}

const around = (curves, shown) =>
  curves.flatMap(({ theory, ends, followed }) => [theory, ends, followed])
    .reduce((window, logs) => fit(logs ?? [], window), shown);

function drawAt(setting, where, measured = () => null) {
  const { moved, data } = hand, { predicted, curves } = curvesAt(setting, measured);
  const shown = around(curves, moved.window ?? moved.pictures[0].window);
  for (const { picture, followed, ...lines } of curves) {
    picture.draw({
      ...lines, shown, depth: setting.depth, reach: data.judged[picture.side] && data.reach,
      measured: followed ?? picture.measured,
      label: followed ? null : `measured ${moved.label || "before"}`,
    });
    picture.show();
  }
  strip(...curves.map((curve) => curve.followed ?? curve.theory));
  stand(setting);
  if (where === moved.label) delete document.documentElement.dataset.before;
  else mark(moved.label);
  say(sentence(where, predicted));
}

// After release a picture stays until the server's own charts have taken its place.
function arrived() {
  const { moved } = hand, now = performance.now();
  if (moved.pictures.every(({ side, gd }) => (plotOf(side) ?? gd) !== gd)) return true;
  if (document.querySelector(PAGE.running)) moved.until = now + PATIENCE;
  return now > moved.until;
}

// ---------------------------------------------------------------- a slider that is held

const fieldOf = (target) =>
  target.closest?.(PAGE.slider) &&
  Object.keys(FIELDS).find((field) => target.closest(PAGE.field(field)));

// Charts that are off the screen, or under a popover, are drawn small at that end of the screen
// which is away from the slider.
function dock(pictures, slider) {
  const hidden = ({ holder }) => {
    const { left, width, top, height } = holder.getBoundingClientRect();
    const at = (x) => document.elementFromPoint(left + x * width, top + 0.4 * height);
    return [0.1, 0.5, 0.9].some((x) => !holder.contains(at(x)));
  };
  if (!pictures.some(hidden)) return null;
  const box = document.createElement("div");
  box.className = "hand-dock";
  box.innerHTML = "<div></div><div></div><p></p>";
  box.style.width = `${pictures.reduce((sum, { gd }) => sum + gd.offsetWidth / 2, 0)}px`;
  box.style[slider.getBoundingClientRect().top > innerHeight / 2 ? "top" : "bottom"] = 0;
  pictures.forEach((picture, i) => {
    const { gd: { offsetWidth: width, offsetHeight: height } } = picture;
    picture.place = box.children[i];
    Object.assign(picture.place.style, { width: `${width}px`, height: `${height}px` });
  });
  document.querySelector(PAGE.app).append(box);
  return box;
}

function take(field, slider) {
  if (!hand.theory) {
    say(NOTHING);
    return;
  }
  if (!ready() || (hand.moved?.field === field && !hand.moved.until)) return;
  begin({ field, held: true, frame: follow });
  const { moved } = hand;
  moved.value = moved.before[field] ?? thumb(field);
  moved.first = moved.value;
  moved.label = `at ${FIELDS[field]} ${moved.value}`;
  moved.dock = dock(moved.pictures, slider);
}

const thumb = (field) =>
  Number(document.querySelector(`${PAGE.field(field)} ${PAGE.thumb}`)?.textContent ?? NaN);

function follow() {
  const { moved } = hand, { field } = moved, value = thumb(field);
  if (Number.isFinite(value) && value !== moved.value) {
    moved.value = value;
    const measured = field === "gain" ? (picture) => atGain(picture, value) : undefined;
    drawAt({ ...moved.before, [field]: value }, `at ${FIELDS[field]} ${value}`, measured);
  }
}

function release() {
  const { moved } = hand;
  if (!moved) say("");
  if (!moved?.held || moved.until) return;
  if (moved.tap && !moved.at) moved.put(moved.tap);
  if (moved.plane ? !moved.at : moved.value === moved.first) return letGo();
  moved.until = performance.now() + PATIENCE;
  if (moved.plane) hand.trigger("moved", moved.at);
}

// The curve measured at another gain: from the sweep, or where a gain is only a factor
// (initviz/engine/homogeneous.py) from the curve at hand. Null where neither says it.
function atGain({ side, measured }, gain) {
  const { moved, data } = hand, depth = measured.length, column = data.columns[side];
  if (data.sweep) return interpolated(data.sweep, side, gain);
  if (!data.scales || !(gain > 0 && moved.before.gain > 0)) return null;
  const step = 2 * data.share * Math.log10(gain / moved.before.gain);
  const powers = { act_var: (l) => l, grad_weight_var: () => depth - 1 };
  const power = powers[column] ?? ((l) => depth - l);
  return measured.map((log, i) => log + step * power(i + 1));
}

function rows({ gains, ...packed }, side) {
  const values = unpacked(packed[side], Float32Array), depth = values.length / gains.length;
  return gains.map((_, k) => Array.from(values.subarray(k * depth, (k + 1) * depth)));
}

function interpolated({ gains, ...sides }, side, gain) {
  const curves = sides[side];
  // The ends of a sweep are rounded to what a person reads.
  if (gain < 0.995 * gains[0] || gain > 1.005 * gains.at(-1)) return null;
  gain = Math.min(Math.max(gain, gains[0]), gains.at(-1));
  const k = Math.min(gains.findLastIndex((g) => g <= gain), gains.length - 2);
  const t = Math.log(gain / gains[k]) / Math.log(gains[k + 1] / gains[k]);
  return curves[k].map((log, l) => log + t * (curves[k + 1][l] - log));
}

// ---------------------------------------------------------------- held arrow keys

// Streamlit sends a value at every press, however fast they come. So presses move the slider
// without a word, and the last step, at release, is left to Streamlit.
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
let pressed = null;

function press(event) {
  const step = STEPS[event.key], field = step && fieldOf(event.target);
  if (!event.isTrusted || !field || !ready() || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const input = event.target.closest(PAGE.slider).querySelector(PAGE.range);
  // The server's answer to a single press is there before a picture would be.
  if (event.repeat) take(field, input);
  slide(input, step);
  pressed = { input, step, key: event.key };
}

function slide(input, step) {
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  set.call(input, Number(input.value) + step * (Number(input.step) || 1));
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function unpress() {
  if (!pressed) return;
  const { input, step, key } = pressed;
  pressed = null;
  slide(input, -step);
  setTimeout(safely(() => {
    input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    release();
  }));
}

// ---------------------------------------------------------------- the plane

function touchPlane(event) {
  const surface = event.target.closest?.(`${PAGE.plane} ${PAGE.surface}`);
  if (!surface || !ready()) return;
  const gd = surface.closest(PAGE.plot), { xaxis, yaxis } = gd._fullLayout;
  const box = surface.getBoundingClientRect();
  const within = (p, low, size) => Math.min(Math.max(p - low, 0), size);
  const round = (x) => Number(x.toPrecision(3));
  begin({
    plane: true, held: true, frame: overPlane,
    // A mouse's click is Plotly's, which takes a finger's for hovering first.
    tap: event.pointerType === "mouse" ? null : event,
    move(to) {
      const far = Math.hypot(to.clientX - event.clientX, to.clientY - event.clientY) >= 4;
      if (this.at || far) this.put(to);
    },
    put({ clientX, clientY }) {
      const weightStd = round(xaxis.p2d(within(clientX, box.left, box.width)));
      const biasStd = round(yaxis.p2d(within(clientY, box.top, box.height)));
      this.at = [Math.max(weightStd, 0.01), Math.max(biasStd, 0)];
    },
  });
}

function overPlane() {
  const { moved } = hand, { at, before } = moved;
  if (at && moved.drawn !== at) {
    moved.drawn = at;
    const setting = { ...before, bias_std: at[1], weight_var: at[0] ** 2 / before.width };
    drawAt(setting, `at σ_w ${at[0]}, σ_b ${at[1]}`);
  }
}

// ---------------------------------------------------------------- play

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function play() {
  if (hand.moved?.playing) return letGo();
  if (!SIDES.every(plotOf)) return undefined;
  begin({ playing: true, started: performance.now(), frame: travel, end: () => label("play", "Play") });
  return label("play", "Stop");
}

const label = (name, text) => {
  part(name).textContent = text;
};

function travel() {
  const { moved, data } = hand, passed = (performance.now() - moved.started) / TRAVEL;
  if (passed >= 2) return letGo();
  const depth = moved.before.depth;
  const layers = (share) => Math.round(Math.min(Math.max(still() ? Math.ceil(share) : share, 0), 1) * depth);
  const until = [layers(passed), layers(passed - 1)];
  moved.pictures.forEach((picture, i) => {
    const { theory, ends, measured, window: shown } = picture;
    const reach = data.judged[picture.side] && data.reach;
    picture.draw({ depth, shown, reach, theory, ends, measured, until: until[i] });
    picture.show();
  });
  strip(moved.pictures[0].measured, moved.pictures[1].measured, until);
  say(passed < 1 ? "Forward: the batch goes through the layers, first to last."
    : "Backward: the gradient comes back from the loss, last layer to first.");
}

// ---------------------------------------------------------------- the sweep of the gain

const sweepable = () => hand.data.scales || hand.data.sweep;

function sweep() {
  if (hand.moved?.sweeping) return letGo();
  if (!hand.theory) return say(NO_SWEEP);
  if (!ready()) return undefined;
  if (!sweepable()) {
    hand.sweepWhenDrawn = true;
    return hand.trigger("sweep", true);
  }
  const { low, high, critical } = gainsOf(plotOf(SIDES[0]));
  const scrub = part("scrub"), input = scrub.querySelector("input");
  const mark = part("critical"), at = Math.log(critical / low) / Math.log(high / low);
  mark.hidden = !critical;
  mark.style.left = `${100 * at}%`;
  mark.textContent = critical ? `critical gain ${Number(critical.toPrecision(3))}` : "";
  scrub.hidden = false;
  input.value = 0;
  begin({
    sweeping: true, low, high, started: performance.now(), frame: glide,
    end() {
      scrub.hidden = true;
      label("sweep", "Sweep the gain");
    },
  });
  const { moved } = hand;
  moved.label = `at gain ${moved.before.gain}`;
  // One window for all gains, whatever the network's own.
  const ends = [low, high].flatMap((gain) =>
    curvesAt({ ...moved.before, gain }, (picture) => atGain(picture, gain)).curves);
  const pins = moved.pictures.flatMap((picture) => picture.pins);
  moved.window = pins.reduce((window, pin) => fit(pin.logs, window), around(ends, SMALLEST));
  return label("sweep", "Close the sweep");
}

function glide() {
  const { moved } = hand, { low, high } = moved, input = part("scrub").querySelector("input");
  if (moved.started !== null && !still()) {
    const passed = (performance.now() - moved.started) / SWEEP;
    input.value = Math.min(passed, 1);
    if (passed >= 1) moved.started = null;
  }
  const gain = Number((low * (high / low) ** input.value).toPrecision(3));
  if (gain !== moved.gain) {
    moved.gain = gain;
    input.setAttribute("aria-valuetext", `gain ${gain}`);
    drawAt({ ...moved.before, gain }, `at gain ${gain}`, (picture) => atGain(picture, gain));
  }
}

// ---------------------------------------------------------------- the network as a strip

// Blue for small, orange for large, on one scale whatever the network: eight decades each way.
const HUES = ["0,114,178", "213,94,0"], DECADES = 8, SHADES = 32;
const COLOURS = HUES.map((hue) =>
  Array.from({ length: SHADES + 1 }, (_, i) => `rgba(${hue},${0.08 + (0.92 * i) / SHADES})`));

function strip(forward_, backward_, until) {
  const canvas = part("strip");
  if (!canvas) return;
  const own = (side) => {
    const trace = plotOf(side)?.data.find(({ name }) => name === "measured");
    return trace ? log10s(trace) : [];
  };
  const { width, height } = canvas, pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  [forward_ ?? own("activation"), backward_ ?? own("gradient")].forEach((logs, row) => {
    const cell = width / logs.length, gap = Math.min(4, cell * 0.15);
    for (let i = 0; i < logs.length; i++) {
      const decades = Math.min(Math.abs(logs[i]) / hand.data.share / DECADES, 1);
      const lit = !until || (row ? i >= logs.length - until[1] : i < until[0]);
      pen.fillStyle = COLOURS[logs[i] < 0 ? 0 : 1][Math.round(decades * SHADES)] ?? "black";
      pen.globalAlpha = lit ? 1 : 0.15;
      pen.fillRect(i * cell + gap / 2, (row * height) / 2 + 1, cell - gap, height / 2 - 2);
    }
  });
}

// ---------------------------------------------------------------- no flash

// Streamlit takes a chart away before its successor is drawn; meanwhile a copy stands in.
const standIns = {};

function standIn(side) {
  spare(window);
  const gd = plotOf(side), kept = standIns[side];
  if (!gd) {
    const holder = document.querySelector(PAGE.chart(side));
    if (!holder || !kept?.copy) return;
    Object.assign(holder.style, { position: "relative", minHeight: `${kept.height}px` });
    if (!kept.copy.isConnected) holder.append(kept.copy);
  } else if (kept?.gd !== gd) {
    kept?.copy?.remove();
    const next = (standIns[side] = { gd, height: gd.offsetHeight });
    const idle = window.requestIdleCallback ?? setTimeout;
    idle(safely(() => {
      if (gd.isConnected && plotOf(side) === gd) next.copy = copyOf(gd);
      if (!hand.moved) strip();
    }));
  }
}

// ---------------------------------------------------------------- no work in vain

const told = ({ data, layout: { width, ...layout } }) =>
  JSON.stringify([data, layout], (key, value) => (key === "_inputArray" ? undefined : value))
    .replaceAll(/<\/?b>/g, "");

const belowScreen = (gd) =>
  gd.closest(PAGE.panel) && gd.getBoundingClientRect().top > innerHeight;

const nextFrame = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));

// Streamlit has every chart drawn twice, with nothing new the second time but that its width is
// told and its title wrapped in one more <b>; and all of them before one is shown, those of a
// panel too that is below the screen.
function spare({ Plotly }) {
  if (!Plotly || spare.begun) return;
  spare.begun = true;
  const { react } = Plotly, drawn = new WeakMap();
  Plotly.react = (gd, figure, ...rest) => {
    const asked = figure.layout && told(figure), { text, config } = drawn.get(gd) ?? {};
    const same = asked && config === figure.config && figure.layout.width === gd._fullLayout?.width;
    // Plotly writes into what it draws.
    if (same && (asked === text || asked === told(gd))) {
      gd.layout = figure.layout;
      return Promise.resolve(gd);
    }
    drawn.set(gd, { text: asked, config: figure.config });
    const draw = () => react(gd, figure, ...rest);
    // Who gives no whole figure does not wait for the last drawing either.
    if (!asked || !belowScreen(gd)) return draw();
    gd.style.minHeight = `${figure.layout.height}px`;
    return nextFrame().then(() => {
      gd.style.minHeight = "";
      return gd.isConnected ? draw() : gd;
    });
  };
}

// ---------------------------------------------------------------- what is watched

// Pages without a hand have charts of the same keys.
const watch = safely(() => hand.root.isConnected && SIDES.forEach(standIn));
const watcher = new MutationObserver(watch);

// ---------------------------------------------------------------- the component

function listen() {
  if (hand.listening) return;
  hand.listening = true;
  const on = (event, action) => document.addEventListener(event, safely(action), true);
  on("pointerdown", (event) => {
    const field = fieldOf(event.target);
    if (field) take(field, event.target);
    else touchPlane(event);
  });
  on("pointermove", (event) => hand.moved?.plane && !hand.moved.until && hand.moved.move(event));
  on("pointerup", release);
  // Plotly would keep a finger on the plane from scrolling, and take its tap for a mouse's click.
  on("touchstart", (event) => hand.moved?.plane && event.stopImmediatePropagation());
  on("touchend", (event) => hand.moved?.plane && event.cancelable && event.preventDefault());
  // A finger that scrolls takes its touch back.
  on("pointercancel", () => (hand.moved?.plane ? letGo() : release()));
  addEventListener("resize", safely(() => hand.moved && hand.moved.wide !== innerWidth && letGo()));
  on("keydown", press);
  on("keyup", unpress);
  on("focusout", unpress);
  // Streamlit replaces a chart's holder too.
  watcher.observe(document.body, { childList: true, subtree: true });
}

const attach = safely(({ data, parentElement, setTriggerValue }) => {
  hand.root = parentElement;
  hand.trigger = setTriggerValue;
  const text = JSON.stringify(data);
  if (text !== hand.text) {
    Object.assign(hand, { text, data });
    for (const side of data.sweep ? SIDES : []) data.sweep[side] = rows(data.sweep, side);
    hand.theory = data.tables ? new Theory(data.tables) : null;
    hand.luck = data.tables?.luck ? new Luck(data.tables) : null;
  }
  part("play").onclick = safely(play);
  part("sweep").onclick = safely(sweep);
  part("scrub").querySelector("input").oninput = () => {
    if (hand.moved?.sweeping) hand.moved.started = null;
  };
  listen();
  if (!hand.moved) {
    watch();
    strip();
  }
  if (hand.sweepWhenDrawn && sweepable() && ready()) {
    hand.sweepWhenDrawn = false;
    sweep();
  }
});

export default attach;
