// Resampling of one grey image by an affine map: bilinear, edges repeated. A window of the warped image can be asked
// for alone, and at another size, so that warping, cropping and resizing are one resampling.

/** A rectangle of whole pixels. */
export interface Window {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The affine part of an augmentation; see Augmentation. */
export interface AffineParameters {
  theta: number;
  tx: number;
  ty: number;
  shear: number;
  zx: number;
  zy: number;
}

/** `[a, b, c, d, e, f]`: output place (x, y) reads from `x' = a x + b y + c`, `y' = d x + e y + f`, in pixels. */
export type AffineMap = [number, number, number, number, number, number];

/** The affine map of these parameters: rotation x shift x shear x zoom, about the image's centre. */
export function affineMap(parameters: AffineParameters, width: number, height: number): AffineMap {
  const theta = (parameters.theta * Math.PI) / 180;
  const shear = (parameters.shear * Math.PI) / 180;
  const cos = Math.cos(theta);
  const sin = Math.sin(theta);
  const { tx, ty, zx, zy } = parameters;
  // rotation . shift . shear . zoom, multiplied out
  const a = cos * zx;
  const b = (-cos * Math.sin(shear) - sin * Math.cos(shear)) * zy;
  const c = cos * tx - sin * ty;
  const d = sin * zx;
  const e = (-sin * Math.sin(shear) + cos * Math.cos(shear)) * zy;
  const f = sin * tx + cos * ty;
  const centerX = width / 2 - 0.5;
  const centerY = height / 2 - 0.5;
  return [a, b, c + centerX - a * centerX - b * centerY, d, e, f + centerY - d * centerX - e * centerY];
}

/** What is made of a source image of `width` x `height`: mirrored or not, and which window of the result. */
export interface View {
  width: number;
  height: number;
  /** Mirror left and right, after the map. */
  flip: boolean;
  /** In the result, after the mirror. */
  window: Window;
  /** What the window is resized to, pixel centres evenly spread; its own size unless given. */
  size?: { width: number; height: number };
}

/** Where the columns of a view begin before the mirror, and how their places in a row of the target go on. */
function columns({ width, flip, window, size = window }: View): { first: number; out: number; step: number } {
  return flip
    ? { first: width - window.left - window.width, out: size.width - 1, step: -1 }
    : { first: window.left, out: 0, step: 1 };
}

/**
 * Writes the view of the mapped image to `target`, row by row from `offset`; levels between those of the source. Where the
 * window is made smaller, pixels are picked between four neighbours, not averaged over the area that they stand for.
 */
export function warp(
  source: Uint8Array,
  map: AffineMap,
  view: View,
  target: Float32Array,
  offset: number,
): void {
  const [a, b, c, d, e, f] = map;
  const { width, window, size = window } = view;
  const right = width - 1;
  const bottom = view.height - 1;
  const { first, out: firstOut, step } = columns(view);
  const [perColumn, perRow] = [window.width / size.width, window.height / size.height];
  for (let row = 0; row < size.height; row++) {
    const y = window.top + (row + 0.5) * perRow - 0.5;
    const rowX = b * y + c;
    const rowY = e * y + f;
    let out = offset + row * size.width + firstOut;
    for (let column = 0; column < size.width; column++) {
      const x = first + (column + 0.5) * perColumn - 0.5;
      let fromX = a * x + rowX;
      let fromY = d * x + rowY;
      if (fromX < 0) fromX = 0;
      else if (fromX > right) fromX = right;
      if (fromY < 0) fromY = 0;
      else if (fromY > bottom) fromY = bottom;
      const x0 = fromX | 0;
      const y0 = fromY | 0;
      const fractionX = fromX - x0;
      const at = y0 * width + x0;
      const below = y0 < bottom ? at + width : at;
      const nextX = x0 < right ? 1 : 0;
      const upper = source[at]!;
      const lower = source[below]!;
      const top = upper + (source[at + nextX]! - upper) * fractionX;
      const low = lower + (source[below + nextX]! - lower) * fractionX;
      target[out] = top + (low - top) * (fromY - y0);
      out += step;
    }
  }
}

/** Writes the view of the source itself to `target`, at its own size: as warp with a map that moves nothing. */
export function copyView(source: Uint8Array, view: View, target: Float32Array, offset: number): void {
  const { width, window } = view;
  const { first, out: firstOut, step } = columns(view);
  if (step === 1 && window.width === width) {
    target.set(source.subarray(window.top * width, (window.top + window.height) * width), offset);
    return;
  }
  for (let row = 0; row < window.height; row++) {
    const from = (window.top + row) * width + first;
    const to = offset + row * window.width;
    if (step === 1) {
      target.set(source.subarray(from, from + window.width), to);
      continue;
    }
    for (let x = 0; x < window.width; x++) target[to + firstOut - x] = source[from + x]!;
  }
}
