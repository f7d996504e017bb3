// What else is on the page belongs to the setting before: initviz/ui/style.py dims it.

import { running } from "./page.js";
import { safely } from "./slip.js";
import { hand } from "./state.js";

export function dim(label = "") {
  const { dataset, style } = document.documentElement;
  style.setProperty("--before", `"Before${label && `, ${label}`}:"`);
  dataset.before = "";
}

export function undim() {
  delete document.documentElement.dataset.before;
}

// The verdict comes last.
export function undimAtRest() {
  if (hand.moved) return;
  if (running()) requestAnimationFrame(safely(undimAtRest));
  else undim();
}
