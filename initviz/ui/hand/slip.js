// A slip in here must not reach the page: without this component everything works the same.

/** Puts the page back in order; moving.js says how. */
let recover = () => {};

/** @param {() => void} action */
export function whenSlipped(action) {
  recover = action;
}

/**
 * @template {unknown[]} Given
 * @template Answer
 * @param {(...given: Given) => Answer} action
 */
export const safely =
  (action) =>
  /** @param {Given} given */
  (...given) => {
    try {
      return action(...given);
    } catch (error) {
      // For whoever looks for it; the tests do.
      document.documentElement.dataset.handSlip = String(error);
      recover();
      return undefined;
    }
  };

/**
 * @template T
 * @param {T} value
 * @param {string} name
 */
export function sure(value, name) {
  if (value == null) throw new Error(`there is no ${name}`);
  return value;
}
