// Grey levels: decoded pixels through a window into what the screen shows.
import { decode } from 'fast-png'

export interface Window {
  center: number
  width: number
}
export interface Raster {
  width: number
  height: number
  channels: 1 | 3
  bits: 8 | 16
  data: Uint8Array | Uint16Array
}

// fast-png stays at version 6: 8.0.0 gave four wrong rows of a right 512 × 420 16-bit file, without an error.
export function decodeRaster(png: ArrayBuffer): Raster {
  const { width, height, channels, depth, data } = decode(png)
  if ((channels !== 1 && channels !== 3) || (depth !== 8 && depth !== 16)) throw new Error('the server sent pixels of an unknown kind')
  return { width, height, channels, bits: depth, data: data as Uint8Array | Uint16Array }
}

// The window that shows 8-bit pixels as they are.
export const IDENTITY: Window = { center: 128, width: 256 }

// PS3.3 section C.11.2.1.2.1, the linear function, onto 0..=255.
export function linear(value: number, { center, width }: Window): number {
  const shown = (value - (center - 0.5)) / Math.max(width - 1, Number.MIN_VALUE) + 0.5
  return Math.round(Math.min(Math.max(shown, 0), 1) * 255)
}

export function lookup(bits: 8 | 16, window: Window, inverted: boolean): Uint8Array {
  const table = new Uint8Array(2 ** bits)
  for (let value = 0; value < table.length; value += 1) {
    const shown = linear(value, window)
    table[value] = inverted ? 255 - shown : shown
  }
  return table
}

// Fills RGBA bytes from the raster.
export function paint(raster: Raster, window: Window, inverted: boolean, rgba: Uint8ClampedArray): void {
  const table = lookup(raster.bits, window, inverted)
  const { data, channels } = raster
  for (let pixel = 0, at = 0; at < rgba.length; pixel += channels, at += 4) {
    const red = table[data[pixel] ?? 0] ?? 0
    rgba[at] = red
    rgba[at + 1] = channels === 3 ? (table[data[pixel + 1] ?? 0] ?? 0) : red
    rgba[at + 2] = channels === 3 ? (table[data[pixel + 2] ?? 0] ?? 0) : red
    rgba[at + 3] = 255
  }
}
