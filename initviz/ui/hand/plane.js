// A hand on the plane of weight and bias sizes.

import { begin } from "./moving.js";
import { fullLayout, PAGE } from "./page.js";
import { drawAt } from "./redraw.js";
import { sure } from "./slip.js";
import { ready } from "./state.js";

/** @import { Chart } from "../plotly.js" */
/** @import { HeldPlane, Taken } from "./types.js" */

/** @param {PointerEvent} event */
export function touchPlane(event) {
  const { target } = event;
  const surface = target instanceof Element && target.closest(`${PAGE.plane} ${PAGE.surface}`);
  if (surface && ready()) begin(heldAt(surface, event), overPlane);
}

/**
 * @param {Element} surface
 * @param {PointerEvent} event
 * @returns {HeldPlane}
 */
function heldAt(surface, event) {
  /** @type {Chart | null} */
  const chart = surface.closest(PAGE.plot);
  const { xaxis, yaxis } = fullLayout(sure(chart, "plane"));
  const box = surface.getBoundingClientRect();
  /** @type {(p: number, low: number, size: number) => number} */
  const within = (p, low, size) => Math.min(Math.max(p - low, 0), size);
  /** @param {number} x */
  const round = (x) => Number(x.toPrecision(3));
  return {
    kind: "plane",
    // A mouse's click is Plotly's, which takes a finger's for hovering first.
    tap: event.pointerType === "mouse" ? null : event,
    move(to) {
      const far = Math.hypot(to.clientX - event.clientX, to.clientY - event.clientY) >= 4;
      if (this.at || far) this.put(to);
    },
    put({ clientX, clientY }) {
      const weightStd = round(xaxis.p2d(within(clientX, box.left, box.width)));
      const biasStd = round(yaxis.p2d(within(clientY, box.top, box.height)));
      /** @type {[number, number]} */
      const at = [Math.max(weightStd, 0.01), Math.max(biasStd, 0)];
      this.at = at;
    },
  };
}

/** @param {HeldPlane & Taken} moved */
function overPlane(moved) {
  const { at, before } = moved;
  if (!at || moved.drawn === at) return;
  moved.drawn = at;
  const [weightStd, biasStd] = at;
  const setting = { ...before, bias_std: biasStd, weight_var: weightStd ** 2 / before.width };
  drawAt(moved, setting, `at σ_w ${weightStd}, σ_b ${biasStd}`, () => null);
}
