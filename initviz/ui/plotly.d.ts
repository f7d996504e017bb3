// What the page's scripts use of plotly.js, and of what Streamlit has drawn with it.

export interface Trace {
  name?: string;
  mode: string;
  line: { color: string };
  // Plotly keeps what it was given beside what it draws from.
  y: ArrayLike<number> & { _inputArray?: ArrayLike<number> };
}

export interface AxisAsked {
  range: [number, number];
  dtick?: number;
}

export interface Layout {
  width?: number;
  height: number;
  yaxis: AxisAsked;
  meta?: unknown;
}

// From a number to its pixel, and back.
export interface Axis {
  range: [number, number];
  gridcolor: string;
  d2p(number: number): number;
  p2d(pixel: number): number;
}

export interface FullLayout {
  width: number;
  font: { color: string };
  xaxis: Axis;
  yaxis: Axis;
  // The drawing area within its margins.
  _size: { l: number; t: number; w: number; h: number };
}

export interface Figure {
  data: Trace[];
  layout: Layout;
  config?: object;
}

export interface Chart extends HTMLElement {
  data: Trace[];
  layout: Layout;
  // Not there before the first drawing.
  _fullLayout?: FullLayout;
}

export interface Plotly {
  react(chart: Chart, figure: Figure | Trace[], ...rest: unknown[]): Promise<Chart>;
}

declare global {
  interface Window {
    Plotly?: Plotly;
  }
}
