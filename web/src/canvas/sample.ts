// A picture at the size of the screen, by the processor: each screen pixel is the mean of the image pixels that it covers.
import type { Size, View } from '../model/geometry'
import type { Raster } from './levels'

export interface Picture {
  raster: Raster
  // What each stored value looks like: `lookup`.
  table: Uint8Array
  // In device pixels.
  view: View
  screen: Size
}

// Magnified this far, image pixels are shown as they are; blurring them would invent structure.
export const PLAIN_FROM = 2
// The most image pixels along a side that one screen pixel is the mean of.
const MOST_COVERED = 8

// How many places along a side of a screen pixel are looked at: one where it shows one image pixel and no other.
export function covered(zoom: number): number {
  if (zoom >= PLAIN_FROM || Math.abs(zoom - 1) < 1e-6) return 1
  return Math.min(Math.max(Math.round(1 / zoom), 2), MOST_COVERED)
}

// Fills RGBA pixels, alpha in the highest byte: little-endian, as all machines are that browsers run on.
export function sample({ raster, table, view, screen }: Picture, rgba: Uint32Array): void {
  const each = covered(view.zoom)
  const columns = places(view.x, view.zoom, screen.width, raster.width, each)
  const rows = places(view.y, view.zoom, screen.height, raster.height, each)
  const sums = Array.from({ length: raster.channels }, () => new Uint32Array(screen.width))
  const shades = Uint8Array.from({ length: each * each * 255 + 1 }, (_, sum) => Math.round(sum / (each * each)))
  const [red, green, blue] = [sums[0], sums[1] ?? sums[0], sums[2] ?? sums[0]] as [Uint32Array, Uint32Array, Uint32Array]
  for (let y = 0, at = 0; y < screen.height; y += 1) {
    sums.forEach((sum, channel) => {
      sum.fill(0)
      for (let row = y * each; row < (y + 1) * each; row += 1) addRow(sum, raster, channel, rows[row] as number, table, columns, each)
    })
    for (let x = 0; x < screen.width; x += 1, at += 1) {
      rgba[at] = 0xff000000 | ((shades[blue[x] as number] as number) << 16) | ((shades[green[x] as number] as number) << 8) | (shades[red[x] as number] as number)
    }
  }
}

// The image's columns, or rows, under the places of the screen; -1 beside the image.
function places(offset: number, zoom: number, length: number, inside: number, each: number): Int32Array {
  const found = new Int32Array(length * each)
  for (let place = 0; place < found.length; place += 1) {
    const at = Math.floor(((place + 0.5) / each - offset) / zoom)
    found[place] = at >= 0 && at < inside ? at : -1
  }
  return found
}

// Adds what one row of the image looks like to the sums of a row of the screen. This is the inner loop of all drawing without a GPU.
function addRow(sums: Uint32Array, { data, width, channels }: Raster, channel: number, row: number, table: Uint8Array, columns: Int32Array, each: number): void {
  if (row < 0) return
  const start = row * width * channels + channel
  const grey = channels === 1
  for (let x = 0, place = 0; x < sums.length; x += 1) {
    let sum = 0
    for (const end = place + each; place < end; place += 1) {
      const column = columns[place] as number
      if (column < 0) continue
      const stored = data[start + column * channels] as number
      sum += grey ? (table[stored] as number) : stored
    }
    sums[x] = (sums[x] as number) + sum
  }
}
