// Held arrow keys. Streamlit sends a value at every press, however fast they come. So presses
// move the slider without a word, and the last step, at release, is left to Streamlit.

import { release } from "./moving.js";
import { PAGE } from "./page.js";
import { fieldOf, take } from "./slider.js";
import { safely, sure } from "./slip.js";
import { ready } from "./state.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

/** @type {{ input: HTMLInputElement, step: number, key: string } | null} */
let pressed = null;

/** @param {Element} target */
function inputOf(target) {
  /** @type {HTMLInputElement | null | undefined} */
  const input = target.closest(PAGE.slider)?.querySelector(PAGE.range);
  return sure(input, "range");
}

/** @param {KeyboardEvent} event */
export function press(event) {
  const { key, target, repeat } = event;
  const step = STEPS[key];
  const field = step && fieldOf(target);
  if (!event.isTrusted || !field || !ready() || event.ctrlKey || event.altKey || event.metaKey)
    return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const input = inputOf(/** @type {Element} */ (target));
  // The server's answer to a single press is there before a picture would be.
  if (repeat) take(field, input);
  slide(input, step);
  pressed = { input, step, key };
}

/** @type {(input: HTMLInputElement, step: number) => void} */
function slide(input, step) {
  // React overlooks a value that is set on the element itself.
  const own = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
  own?.set?.call(input, Number(input.value) + step * (Number(input.step) || 1));
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

export function unpress() {
  if (!pressed) return;
  const { input, step, key } = pressed;
  pressed = null;
  slide(input, -step);
  setTimeout(
    safely(() => {
      input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      release();
    }),
  );
}
