// The shapes that the modules hand to one another, and those that the server sends.

import type { Chart, FullLayout } from "../plotly.js";
import type { Picture } from "./picture.js";

export type Side = "activation" | "gradient";
export type Field = "depth" | "width" | "gain" | "scale" | "bias_std";
// log10, or ln where it says so, by layer.
export type Logs = number[];
// The powers of ten that a chart shows: from, to.
export type Decades = [number, number];

// What the theory uses of a network: initviz/setting/network.py. A `weight_var` takes the place
// of the initializer's.
export interface Setting {
  depth: number;
  width: number;
  gain: number;
  scale: number | null;
  bias_std: number;
  weight_var?: number;
}

// From `_told` in initviz/figures/signal.py.
export interface Meta {
  network: Setting;
  gains: { low: number; high: number; critical: number | null };
}

// From `portable` in initviz/theory/portable.py; numbers in base64 are `Packed`.
type Packed = string;

export interface Tables {
  lowest: number;
  highest: number;
  step: number;
  square: Packed;
  slope: Packed;
  ratio: Packed;
  scaled: boolean;
  // Null where the initializer has no scale.
  unit: number | null;
  normalization: "none" | "batch" | "layer" | "rms";
  loss: "gaussian" | "cross_entropy";
  size: number;
  widths: Record<string, AtWidth>;
  luck?: LuckTables;
  // Of a cross-entropy only.
  logits?: [number, number];
  error?: number[];
}

export interface AtWidth {
  first: number;
  variances: number[];
  cosine: number;
  low: number;
  high: number;
  shares: Packed;
}

export interface LuckTables {
  laws: Packed;
  rows: number;
  lowest: number;
  highest: number;
  orthogonal: boolean;
  alike: number;
}

// From `hand` in component.py.
export interface Data {
  tables: Tables | null;
  columns: Record<Side, DrawnColumn>;
  judged: Record<Side, boolean>;
  share: number;
  trains: string;
  reach: number;
  scales: boolean;
  sweep: PackedSweep | null;
}

export type PackedSweep = { gains: number[] } & Record<Side, Packed>;
// A curve for every gain.
export type Sweep = { gains: number[] } & Record<Side, Logs[]>;

export type DrawnColumn = "act_var" | "grad_preact_var" | "grad_act_var" | "grad_weight_var";
export type Prediction = Record<DrawnColumn | "preact_ms", Logs>;
// One outline a column: along the lower end, and back along the upper.
export type Ends = Partial<Record<DrawnColumn, Logs>>;

// Streamlit's side of a component.
export interface Component {
  data: Data;
  parentElement: HTMLElement | ShadowRoot;
  setTriggerValue: Trigger;
}

export type Trigger = (name: "sweep" | "moved", value: boolean | [number, number]) => void;

// What a picture draws: `theory` and `measured` are log10 by layer, `ends` the band's. `until`
// draws so many layers only, from where the signal starts; a `label` says that the measured curve
// belongs to another setting.
export interface Drawing {
  depth: number;
  shown: Decades;
  reach: number | false;
  theory?: Logs;
  ends?: Logs;
  measured: Logs;
  label?: string | null;
  until?: number;
}

// What a picture's axes were drawn for.
export interface Frame {
  low: number;
  high: number;
  layers: number;
}

// A path that keeps its numbers.
export type Line = SVGPathElement & { values?: Logs; framed?: Frame };
export type Legend = SVGTextElement & { told?: string };

export interface Pin {
  name: string;
  hue: string;
  logs: Logs;
}

// The parts of a picture, back to front.
export interface Parts {
  zone: SVGRectElement;
  rows: SVGGElement;
  columns: SVGGElement;
  pins: SVGPathElement[];
  band: Line;
  theory: Line;
  measured: Line;
  tip: SVGCircleElement;
  words: SVGTextElement[];
  label: SVGTextElement;
  legend: Legend;
}

// The network's own mark on the plane.
export interface Point {
  mark: SVGPathElement;
  axes: FullLayout;
  was: string | null;
}

// What has the charts in hand.
export type Movement = HeldSlider | HeldPlane | Play | OpenSweep;
export type Moved = Movement & Taken;

export interface Taken {
  pictures: Picture[];
  // What the server had said, the setting, and the window's width when the charts were taken.
  text: string;
  before: Setting;
  wide: number;
  point: Point | null;
  frame(): void;
  label?: string;
  // Decades that are shown whatever the network's own.
  window?: Decades;
  dock?: HTMLElement | null;
  // Let go: when, in ms, the wait for the server's charts ends.
  until?: number;
}

interface Ending {
  end?(): void;
}

export interface HeldSlider extends Ending {
  kind: "slider";
  field: Field;
  value: number;
  first: number;
}

export interface HeldPlane extends Ending {
  kind: "plane";
  tap: PointerEvent | null;
  at?: [number, number];
  drawn?: [number, number];
  move(to: PointerEvent): void;
  put(to: PointerEvent): void;
}

export interface Play extends Ending {
  kind: "play";
  started: number;
}

export interface OpenSweep extends Ending {
  kind: "sweep";
  low: number;
  high: number;
  gain?: number;
  // Null once a hand has taken the gain, or the end is reached.
  started: number | null;
}

// A curve of each kind at another setting; `followed` was measured there.
export interface Curves {
  picture: Picture;
  theory?: Logs;
  ends?: Logs;
  followed: Logs | null;
}

export interface StandIn {
  chart: Chart;
  height: number;
  copy?: HTMLElement;
}
