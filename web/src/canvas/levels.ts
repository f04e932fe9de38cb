// Grey levels: stored values through a window into what the screen shows.

// How a window spreads values over the greys, PS3.3 section C.11.2.1.
export type VoiFunction = 'linear' | 'linear_exact' | 'sigmoid'
// A range of values, in the units that Levels leads to.
export interface Window {
  center: number
  width: number
  function: VoiFunction
}
// What stored values mean: value = slope × stored + intercept. Inverse: the smallest value is white, as in MONOCHROME1.
export interface Levels {
  slope: number
  intercept: number
  inverse: boolean
}
export interface Raster {
  width: number
  height: number
  channels: 1 | 3
  bits: 8 | 16
  data: Uint8Array | Uint16Array
}

// Values that are shown as they are stored.
export const AS_STORED: Levels = { slope: 1, intercept: 0, inverse: false }
// The window that shows 8-bit pixels as they are.
export const IDENTITY: Window = { center: 128, width: 256, function: 'linear' }

// The grey of a value, in 0..=1.
export function grey(value: number, { center, width, function: spread }: Window): number {
  // C.11.2.1.3.1
  if (spread === 'sigmoid') return 1 / (1 + Math.exp((-4 * (value - center)) / width))
  // C.11.2.1.2.1, where a width of 1 is a threshold, and C.11.2.1.3.2
  const threshold = spread === 'linear' && width <= 1
  if (threshold) return value > center - 0.5 ? 1 : 0
  const shown = spread === 'linear' ? (value - (center - 0.5)) / (width - 1) + 0.5 : (value - center) / width + 0.5
  return Math.min(Math.max(shown, 0), 1)
}

// What each stored value looks like, in 0..=255.
export function lookup(bits: 8 | 16, levels: Levels, window: Window, inverted: boolean): Uint8Array {
  const table = new Uint8Array(2 ** bits)
  const turned = levels.inverse !== inverted
  for (let stored = 0; stored < table.length; stored += 1) {
    const shown = grey(levels.slope * stored + levels.intercept, window)
    table[stored] = Math.round((turned ? 1 - shown : shown) * 255)
  }
  return table
}
