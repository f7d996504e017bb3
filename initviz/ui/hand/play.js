// Play: the batch goes forward, then the gradient comes back, one layer at a time.

import { begin, letGo } from "./moving.js";
import { plotOf, SIDES, still } from "./page.js";
import { dataNow, hand, label, say } from "./state.js";
import { strip } from "./strip.js";

/** @import { Play, Taken } from "./types.js" */

// How long, in ms, a pass takes to travel through a chart.
const TRAVEL = 2000;

export function play() {
  if (hand.moved?.kind === "play") {
    letGo();
    return;
  }
  if (!SIDES.every(plotOf)) return;
  begin({ kind: "play", started: performance.now(), end: () => label("play", "Play") }, travel);
  label("play", "Stop");
}

/** @param {Play & Taken} moved */
function travel({ started, before, pictures }) {
  const passed = (performance.now() - started) / TRAVEL;
  if (passed >= 2) {
    letGo();
    return;
  }
  const { judged, reach } = dataNow();
  const { depth } = before;
  /** @param {number} share */
  const layers = (share) =>
    Math.round(Math.min(Math.max(still() ? Math.ceil(share) : share, 0), 1) * depth);
  /** @type {[number, number]} */
  const until = [layers(passed), layers(passed - 1)];
  pictures.forEach((picture, i) => {
    const { theory, ends, measured, window: shown, side } = picture;
    const zone = judged[side] && reach;
    picture.draw({ depth, shown, reach: zone, theory, ends, measured, until: until[i] });
    picture.show();
  });
  strip(pictures[0].measured, pictures[1].measured, until);
  say(
    passed < 1
      ? "Forward: the batch goes through the layers, first to last."
      : "Backward: the gradient comes back from the loss, last layer to first.",
  );
}
