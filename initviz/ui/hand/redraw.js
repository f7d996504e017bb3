// Both charts as they would be at another setting.

import { dim, undim } from "./before.js";
import { fit } from "./decades.js";
import { stand } from "./mark.js";
import { sure } from "./slip.js";
import { dataNow, hand, say } from "./state.js";
import { strip } from "./strip.js";
import { sentence } from "./words.js";

/** @import { Picture } from "./picture.js" */
/** @import { Curves, Decades, Logs, Moved, Setting } from "./types.js" */

/** @typedef {(picture: Picture) => Logs | null} Measured the curve measured at the other setting */

const theoryNow = () => sure(hand.theory, "theory");

/**
 * A band that left the numbers a chart can hold is none.
 * @param {Logs | undefined} ends
 */
const drawable = (ends) => (ends?.every(Number.isFinite) ? ends : undefined);

/**
 * What both charts show of another setting.
 * @param {Moved} moved
 * @param {Setting} setting
 * @param {Measured} measured
 */
export function curvesAt(moved, setting, measured) {
  const { columns, share } = dataNow();
  const predicted = theoryNow().predict(setting);
  const ends = predicted && hand.luck?.ends(setting, predicted);
  /** @param {number} log */
  const scaled = (log) => log * share;
  const curves = moved.pictures.map((picture) => {
    const column = columns[picture.side];
    return {
      picture,
      theory: predicted?.[column].map(scaled),
      ends: drawable(ends?.[column])?.map(scaled),
      followed: measured(picture),
    };
  });
  return { predicted, curves };
}

/** @type {(curves: Curves[], shown: Decades) => Decades} */
export function around(curves, shown) {
  for (const { theory, ends, followed } of curves)
    for (const logs of [theory, ends, followed]) shown = fit(logs ?? [], shown);
  return shown;
}

/**
 * @param {Moved} moved
 * @param {Setting} setting
 * @param {string} where
 * @param {Measured} measured
 */
export function drawAt(moved, setting, where, measured) {
  const { judged, reach } = dataNow();
  const { predicted, curves } = curvesAt(moved, setting, measured);
  const shown = around(curves, moved.window ?? moved.pictures[0].window);
  for (const { picture, followed, ...lines } of curves) {
    picture.draw({
      ...lines,
      shown,
      depth: setting.depth,
      reach: judged[picture.side] && reach,
      measured: followed ?? picture.measured,
      label: followed ? null : `measured ${moved.label || "before"}`,
    });
    picture.show();
  }
  const [activations, gradients] = curves.map((curve) => curve.followed ?? curve.theory);
  strip(activations, gradients);
  stand(moved.point, theoryNow(), setting);
  if (where === moved.label) undim();
  else dim(moved.label);
  say(sentence(where, predicted));
}
