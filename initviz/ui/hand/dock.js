// Charts that are off the screen, or under a popover, are drawn small at that end of the screen
// which is away from the slider.

import { PAGE } from "./page.js";
import { sure } from "./slip.js";

/** @import { Picture } from "./picture.js" */

/** @param {Picture} picture */
function hidden({ holder }) {
  const { left, width, top, height } = holder.getBoundingClientRect();
  /** @param {number} x */
  const at = (x) => document.elementFromPoint(left + x * width, top + 0.4 * height);
  return [0.1, 0.5, 0.9].some((x) => !holder.contains(at(x)));
}

/**
 * @param {Picture[]} pictures
 * @param {Element} slider
 */
export function dock(pictures, slider) {
  if (!pictures.some(hidden)) return null;
  const box = document.createElement("div");
  box.className = "hand-dock";
  const width = pictures.reduce((sum, { chart }) => sum + chart.offsetWidth / 2, 0);
  box.style.width = `${width}px`;
  box.style[slider.getBoundingClientRect().top > innerHeight / 2 ? "top" : "bottom"] = "0";
  for (const picture of pictures) {
    const { offsetWidth, offsetHeight } = picture.chart;
    picture.place = box.appendChild(document.createElement("div"));
    Object.assign(picture.place.style, { width: `${offsetWidth}px`, height: `${offsetHeight}px` });
  }
  box.append(document.createElement("p"));
  sure(document.querySelector(PAGE.app), "app").append(box);
  return box;
}
