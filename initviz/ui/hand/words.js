// What is said in words.

/** @import { Prediction } from "./types.js" */

export const NO_SWEEP =
  "Theory has nothing to say about this network, so there is no range of gains to sweep.";
export const NOTHING = "Theory has nothing to say about this network: let go, and it is measured.";

/** @type {Record<string, string>} */
const SUPERSCRIPT = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries()) };

/**
 * As `from_log10` in initviz/runtime/words.py.
 * @param {number} log10
 */
export function words(log10, digits = 2) {
  if (log10 === -Infinity) return "0";
  let exponent = Math.floor(log10);
  let mantissa = Number((10 ** (log10 - exponent)).toFixed(digits - 1));
  if (mantissa >= 10) [mantissa, exponent] = [mantissa / 10, exponent + 1];
  if (exponent >= -3 && exponent <= 3)
    return (mantissa * 10 ** exponent).toFixed(Math.max(0, digits - 1 - exponent));
  const power = [...String(exponent)].map((c) => SUPERSCRIPT[c]).join("");
  return `${mantissa.toFixed(digits - 1).replace(/\.0$/, "")} × 10${power}`;
}

/** @type {(where: string, theory: Prediction | null) => string} */
export function sentence(where, theory) {
  if (!theory) return `Theory has nothing to say ${where}.`;
  const logs = theory.grad_preact_var;
  const depth = logs.length;
  const reached = `the gradient's variance reaches layer 1 as ${words(logs[0])}`;
  if (depth === 1) return `Theory ${where}: ${reached}.`;
  const step = (logs[0] - logs[depth - 1]) / (depth - 1);
  // As `factor` in initviz/runtime/words.py.
  const factor = words(step, Math.abs(step) < 0.28 ? 3 : 2);
  return `Theory ${where}: on average × ${factor} a layer; ${reached}.`;
}
