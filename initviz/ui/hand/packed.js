// Numbers that the server sends in base64.

/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;

/** @param {string} text */
export const doubles = (text) => new Float64Array(bytes(text));

/** @param {string} text */
export const floats = (text) => new Float32Array(bytes(text));
