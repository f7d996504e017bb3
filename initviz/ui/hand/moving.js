// Charts taken in hand, moved at every frame, and given back.

import { undimAtRest } from "./before.js";
import { planted, putBack } from "./mark.js";
import { plotOf, running, SIDES, settingOf } from "./page.js";
import { Picture } from "./picture.js";
import { safely, sure, whenSlipped } from "./slip.js";
import { stopWatching } from "./standins.js";
import { dataNow, hand, say } from "./state.js";
import { strip } from "./strip.js";

/** @import { Moved, Movement, Taken } from "./types.js" */

// How long, in ms, a picture waits for the server's chart once the page has come to rest.
const PATIENCE = 1000;

/**
 * @template {Movement} M
 * @param {M} movement
 * @param {(moved: M & Taken) => void} step
 */
export function begin(movement, step) {
  letGo();
  const { trains } = dataNow();
  /** @type {M & Taken} */
  const moved = {
    pictures: SIDES.map((side) => new Picture(side, trains)),
    text: hand.text,
    before: sure(settingOf(SIDES[0]), "network"),
    wide: innerWidth,
    point: planted(),
    frame: () => step(moved),
    ...movement,
  };
  hand.moved = moved;
  // What is drawn from here on is our own.
  stopWatching();
  requestAnimationFrame(safely(frame));
  return moved;
}

function frame() {
  const { moved } = hand;
  if (!moved) return;
  // The page went on without us: other charts, another setting, or another page.
  const gone = !moved.until && moved.pictures.some(({ chart }) => !chart.isConnected);
  if (gone || (moved.kind === "sweep" && moved.text !== hand.text)) {
    letGo();
    return;
  }
  moved.frame();
  if (moved.until && arrived(moved)) letGo();
  if (hand.moved) requestAnimationFrame(safely(frame));
}

/**
 * After release a picture stays until the server's own charts have taken its place.
 * @param {Moved} moved
 */
function arrived(moved) {
  const now = performance.now();
  if (moved.pictures.every(({ side, chart }) => (plotOf(side) ?? chart) !== chart)) return true;
  if (running()) moved.until = now + PATIENCE;
  return now > (moved.until ?? 0);
}

/** The finger is up: back to what was, or on to the server. */
export function release() {
  const { moved } = hand;
  if (!moved) say("");
  if (moved?.kind !== "slider" && moved?.kind !== "plane") return;
  if (moved.until) return;
  if (moved.kind === "plane" && moved.tap && !moved.at) moved.put(moved.tap);
  if (moved.kind === "plane" ? !moved.at : moved.value === moved.first) {
    letGo();
    return;
  }
  moved.until = performance.now() + PATIENCE;
  if (moved.kind === "plane" && moved.at) hand.trigger?.("moved", moved.at);
}

export function letGo() {
  rest();
  say("");
  strip();
}

function rest() {
  const { moved } = hand;
  hand.moved = null;
  for (const picture of moved?.pictures ?? []) picture.remove();
  moved?.dock?.remove();
  moved?.end?.();
  if (moved?.point && !moved.until) putBack(moved.point);
  undimAtRest();
}

whenSlipped(() => {
  rest();
  say("");
});
