// A copy of a chart in which the curves can be drawn anew at every frame.

import { layerAxis, legendOf, valueAxis, zones } from "./axes.js";
import { fullLayout, holderOf, log10s, PAGE, plotOf } from "./page.js";
import { partsOf } from "./parts.js";
import { sure } from "./slip.js";
import { copyOf, make, place } from "./svg.js";

/** @import { Chart } from "../plotly.js" */
/** @import { Decades, Drawing, Frame, Logs, Pin, Side } from "./types.js" */

export class Picture {
  // The layer at the left edge, pixels a layer, the logarithm at the top, pixels a decade.
  first = 0;
  step = 0;
  top = 0;
  per = 0;
  /** @type {Frame | undefined} */
  framed;

  /**
   * @param {Side} side
   * @param {string} trains the colour of the zone where networks train
   */
  constructor(side, trains) {
    this.side = side;
    this.backward = side === "gradient";
    this.holder = sure(holderOf(side), "place for charts");
    /** @type {HTMLElement} where it is shown: over its chart, or in the dock */
    this.place = this.holder;
    this.chart = sure(plotOf(side), "chart");
    const { _size: size, font, yaxis } = fullLayout(this.chart);
    this.size = size;
    this.ink = font.color;
    this.grid = yaxis.gridcolor;
    /** @type {Decades} */
    this.window = [...yaxis.range];
    const { measured, theory, band, pins } = tracesOf(this.chart);
    this.hue = measured.line.color;
    this.marked = measured.mode.includes("markers");
    this.measured = log10s(measured);
    this.theory = theory && log10s(theory);
    this.ends = band && log10s(band);
    this.pins = pins;
    this.styles = { x: tickOf(this.chart, "x"), y: tickOf(this.chart, "y") };
    this.copy = copyOf(this.chart);
    const stale = theory ? PAGE.replaced : `${PAGE.replaced}, ${PAGE.legend}`;
    for (const part of this.copy.querySelectorAll(stale)) part.remove();
    const svg = sure(this.copy.querySelector("svg"), "drawing");
    this.root = make("g", { transform: `translate(${size.l},${size.t})`, class: "hand" }, svg);
    this.parts = partsOf(this, trains);
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

  /** @param {Drawing} drawing */
  draw({ depth, shown, reach, theory, ends, measured, label, until }) {
    this.frame(Math.max(depth, ...this.pins.map((pin) => pin.logs.length)), shown);
    const start = (theory ?? measured)[this.backward ? depth - 1 : 0];
    const judged = reach && Number.isFinite(start);
    zones(this, judged ? [start - reach, start + reach] : null, shown);
    this.line("band", ends, 0, depth);
    this.line("theory", theory);
    const count = until ?? measured.length;
    const from = this.backward ? measured.length - count : 0;
    const whole = count === measured.length;
    this.line("measured", whole ? measured : measured.slice(from, from + count), from);
    const drawn = measured.some(Number.isFinite);
    if (!this.theory) legendOf(this, !!theory, !!ends, drawn);
    this.pale(label, drawn);
    this.tip(until ? (this.backward ? from : count - 1) : null, measured);
  }

  /**
   * A measured curve that belongs to another setting is pale, and says so.
   * @param {string | null | undefined} label
   * @param {boolean} drawn
   */
  pale(label, drawn) {
    const { measured, label: told } = this.parts;
    measured.style.opacity = label ? "0.35" : "1";
    measured.style.marker = this.marked && !label ? `url(#hand-dot-${this.side})` : "none";
    const text = (drawn && label) || "";
    if (told.textContent !== text) told.textContent = text;
  }

  /**
   * The dot where the signal has come to.
   * @param {number | null} at
   * @param {Logs} measured
   */
  tip(at, measured) {
    const { tip } = this.parts;
    const there = at !== null && Number.isFinite(measured[at]);
    tip.style.display = there ? "" : "none";
    if (there) place(tip, { cx: this.x(at + 1), cy: this.y(measured[at]) });
  }

  /** @param {number} layer */
  x(layer) {
    return (layer - this.first) * this.step;
  }

  /** @param {number} log */
  y(log) {
    return (this.top - Math.max(Math.min(log, 1e4), -1e4)) * this.per;
  }

  /**
   * The numbers stay with the path for whoever wants to read them.
   * @param {"band" | "theory" | "measured"} name
   * @param {Logs} [logs]
   * @param {number} [from]
   * @param {number} [back]
   */
  line(name, logs, from, back) {
    const path = this.parts[name];
    if (path.values === logs && path.framed === this.framed) return;
    path.setAttribute("d", logs ? this.along(logs, from, back) : "");
    path.values = logs;
    path.framed = this.framed;
  }

  /**
   * In tenths of a pixel, since whole numbers become text much faster. After `back` layers an
   * outline goes back.
   * @param {Logs} logs
   */
  along(logs, from = 0, back = Infinity) {
    let d = "";
    let pen = "M";
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

  /**
   * Axes, and the pins that stand on them, are drawn anew only when the axes change.
   * @param {number} layers
   * @param {Decades} shown
   */
  frame(layers, shown) {
    const [low, high] = shown;
    const room = layers === 1 ? 0.5 : 0.02 * (layers - 1);
    this.first = 1 - room;
    this.step = this.size.w / (layers - 1 + 2 * room);
    this.top = high;
    this.per = this.size.h / (high - low);
    const same = this.framed?.low === low && this.framed.high === high;
    if (same && this.framed?.layers === layers) return;
    if (!same) valueAxis(this, shown);
    if (this.framed?.layers !== layers) layerAxis(this, layers);
    this.pins.forEach((pin, i) => {
      this.parts.pins[i].setAttribute("d", this.along(pin.logs));
    });
    this.framed = { low, high, layers };
  }
}

/** @param {Chart} chart */
function tracesOf(chart) {
  /** @param {string} name */
  const find = (name) => chart.data.find((trace) => trace.name === name);
  /** @type {Pin[]} */
  const pins = [];
  for (const trace of chart.data) {
    const { name, line } = trace;
    if (name?.startsWith("pinned")) pins.push({ name, hue: line.color, logs: log10s(trace) });
  }
  const measured = sure(find("measured"), "measured curve");
  return { measured, theory: find("theory"), band: find("95 % of draws"), pins };
}

/** @type {(chart: Chart, axis: "x" | "y") => { style: string, y: number }} */
function tickOf(chart, axis) {
  const tick = chart.querySelector(`.${axis}tick text`);
  return { style: tick?.getAttribute("style") ?? "", y: Number(tick?.getAttribute("y")) };
}
