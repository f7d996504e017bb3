// What stands around the curves of a picture: axes, zones and a legend.

import { make, place } from "./svg.js";

/** @import { Picture } from "./picture.js" */
/** @import { Decades } from "./types.js" */

/** @type {(picture: Picture, shown: Decades) => void} */
export function valueAxis(picture, [low, high]) {
  const { size, styles, grid } = picture;
  const { rows } = picture.parts;
  rows.replaceChildren();
  const every = [1, 2, 4, 8, 12, 20, 40, 80, 160].find((s) => (high - low) / s <= 6) ?? Number.NaN;
  for (let p = every * Math.ceil(low / every); p <= high; p += every) {
    const y = picture.y(p);
    make("path", { d: `M0,${y}h${size.w}`, stroke: grid }, rows);
    const text = make("text", { x: -2, y: y + styles.y.y }, rows, p === 0 ? "1" : "10");
    const power = { dy: "-0.6em", style: "font-size: 70%" };
    if (p !== 0 && p !== 1) make("tspan", power, text, String(p).replace("-", "−"));
  }
}

/** @type {(picture: Picture, depth: number) => void} */
export function layerAxis(picture, depth) {
  const { columns } = picture.parts;
  const below = picture.styles.x.y - picture.size.t;
  const step = [1, 2, 5, 10, 20, 50, 100].find((s) => depth / s <= 10) ?? Number.NaN;
  for (let k = 0; (k + 1) * step <= depth; k++) {
    const layer = (k + 1) * step;
    const text = columns.children[k] ?? make("text", { y: below }, columns);
    place(text, { x: picture.x(layer) });
    if (text.textContent !== `${layer}`) text.textContent = `${layer}`;
  }
  while (columns.childElementCount * step > depth) columns.lastChild?.remove();
}

/**
 * Where networks train: between the two logarithms of `zone`.
 * @type {(picture: Picture, zone: Decades | null, shown: Decades) => void}
 */
export function zones(picture, zone, [from, to]) {
  const [trains, vanishing, exploding] = picture.parts.words;
  const low = zone ? Math.max(zone[0], from) : Number.NaN;
  const high = zone ? Math.min(zone[1], to) : Number.NaN;
  const there = high > low;
  const room = (to - from) / 16;
  const [bottom, top] = [picture.y(low), picture.y(high)];
  /** @type {(part: SVGElement, shows: boolean, at: Record<string, number>) => void} */
  const put = (part, shows, at) => {
    part.style.display = shows ? "" : "none";
    if (shows) place(part, at);
  };
  put(picture.parts.zone, there, { y: top, height: bottom - top });
  put(trains, there, { y: top + 13 });
  put(vanishing, there && low - from > room, { y: bottom + 13 });
  put(exploding, there && to - high > room, { y: top - 4 });
}

/**
 * For a picture of a chart that had no theory, and so no legend for it either.
 * @type {(picture: Picture, theory: boolean, band: boolean, measured: boolean) => void}
 */
export function legendOf({ parts: { legend }, pins, hue }, theory, band, measured) {
  const key = `${theory} ${band} ${measured}`;
  if (legend.told === key) return;
  legend.told = key;
  legend.replaceChildren();
  /** @type {(sign: string, name: string, fill: string, opacity?: number) => void} */
  const entry = (sign, name, fill, opacity = 1) => {
    make("tspan", { fill, "fill-opacity": opacity, dx: 10 }, legend, sign);
    make("tspan", { dx: 4 }, legend, name);
  };
  if (band) entry("▆▆", "95 % of draws", hue, 0.2);
  if (theory) entry("╌╌", "theory", hue);
  if (measured) entry("━━", "measured", hue);
  for (const pin of pins) entry("━━", pin.name, pin.hue);
}
