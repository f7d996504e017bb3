// No flash. Streamlit takes a chart away before its successor is drawn; meanwhile a copy stands in.

import { holderOf, plotOf, SIDES } from "./page.js";
import { safely } from "./slip.js";
import { spare } from "./spare.js";
import { hand } from "./state.js";
import { strip } from "./strip.js";
import { copyOf } from "./svg.js";

/** @import { Side, StandIn } from "./types.js" */

/** @type {Partial<Record<Side, StandIn>>} */
const standIns = {};

/** @type {(action: () => void) => void} */
const whenIdle = (action) => (window.requestIdleCallback ?? setTimeout)(action);

/** @param {Side} side */
function standIn(side) {
  spare(window);
  const chart = plotOf(side);
  const kept = standIns[side];
  if (!chart) {
    const holder = holderOf(side);
    if (!holder || !kept?.copy) return;
    Object.assign(holder.style, { position: "relative", minHeight: `${kept.height}px` });
    if (!kept.copy.isConnected) holder.append(kept.copy);
  } else if (kept?.chart !== chart) {
    kept?.copy?.remove();
    /** @type {StandIn} */
    const next = { chart, height: chart.offsetHeight };
    standIns[side] = next;
    whenIdle(
      safely(() => {
        if (chart.isConnected && plotOf(side) === chart) next.copy = copyOf(chart);
        if (!hand.moved) strip();
      }),
    );
  }
}

// Pages without a hand have charts of the same keys.
export const watch = safely(() => {
  if (hand.root?.isConnected) SIDES.forEach(standIn);
});

const watcher = new MutationObserver(watch);

// Streamlit replaces a chart's holder too.
export const startWatching = () =>
  watcher.observe(document.body, { childList: true, subtree: true });

export const stopWatching = () => watcher.disconnect();
