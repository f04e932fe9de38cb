// A slide as a file: a tiled TIFF of one level, TIFF 6.0 section 15, whose smaller levels the server builds.

const SIDE = 256
const SHORT = 3
const LONG = 4

// `colour` gives red, green and blue of a pixel; `micrometres` is the side of one.
export function slide(width: number, height: number, micrometres: number, colour: (x: number, y: number) => Colour): Buffer {
  const [columns, rows] = [Math.ceil(width / SIDE), Math.ceil(height / SIDE)]
  const tiles = Buffer.alloc(columns * rows * SIDE * SIDE * 3)
  for (let at = 0, tile = 0; tile < columns * rows; tile += 1) {
    const [left, top] = [(tile % columns) * SIDE, Math.floor(tile / columns) * SIDE]
    for (let pixel = 0; pixel < SIDE * SIDE; pixel += 1, at += 3) tiles.set(colour(left + (pixel % SIDE), top + Math.floor(pixel / SIDE)), at)
  }
  const head = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0])
  const offsets = Array.from({ length: columns * rows }, (_, tile) => head.length + tile * SIDE * SIDE * 3)
  // Pixels in a centimetre, as a fraction.
  const resolution = [Math.round(1e7 / micrometres), 1000]
  return written(Buffer.concat([head, tiles]), [
    [256, LONG, [width]], [257, LONG, [height]], [258, SHORT, [8, 8, 8]], [259, SHORT, [1]], [262, SHORT, [2]], [277, SHORT, [3]],
    [282, 5, resolution], [283, 5, resolution], [296, SHORT, [3]], [322, LONG, [SIDE]], [323, LONG, [SIDE]],
    [324, LONG, offsets], [325, LONG, offsets.map(() => SIDE * SIDE * 3)],
  ])
}

function written(file: Buffer, entries: readonly (readonly [tag: number, kind: number, values: readonly number[]])[]): Buffer {
  const directory = Buffer.alloc(2 + entries.length * 12 + 4)
  directory.writeUInt16LE(entries.length, 0)
  const parts = [file]
  let end = file.length
  for (const [index, [tag, kind, values]] of entries.entries()) {
    const at = 2 + index * 12
    const bytes = Buffer.from(kind === SHORT ? Uint16Array.from(values).buffer : Uint32Array.from(values).buffer)
    directory.writeUInt16LE(tag, at)
    directory.writeUInt16LE(kind, at + 2)
    directory.writeUInt32LE(kind === 5 ? values.length / 2 : values.length, at + 4)
    if (bytes.length <= 4) bytes.copy(directory, at + 8)
    else {
      directory.writeUInt32LE(end, at + 8)
      parts.push(bytes)
      end += bytes.length
    }
  }
  file.writeUInt32LE(end, 4)
  return Buffer.concat([...parts, directory])
}

type Colour = readonly [number, number, number]
// A number from 0 to 1 for each place, the same at every run.
const chance = (x: number, y: number, what: number) => {
  const mixed = Math.imul(Math.imul(x + 61, 2654435761) ^ Math.imul(y + 7, 1597334677) ^ Math.imul(what, 974711), 2246822519)
  return ((mixed ^ (mixed >>> 15)) >>> 8) / 2 ** 24
}
interface Spot {
  x: number
  y: number
  cos: number
  sin: number
  size: number
}
// One spot in each square of `side` pixels: how far the nearest to a place is, in units of that spot's own size.
function spots(side: number, smallest: number, largest: number): (x: number, y: number) => number {
  const known = new Map<number, Spot>()
  const made = (a: number, b: number): Spot => {
    const turn = 3 * chance(a, b, 3)
    const at = (square: number, what: number) => (square + 0.2 + 0.6 * chance(a, b, what)) * side
    return { x: at(a, 1), y: at(b, 2), cos: Math.cos(turn), sin: Math.sin(turn), size: smallest + (largest - smallest) * chance(a, b, 4) }
  }
  const spot = (a: number, b: number) => {
    const key = (a + 1) * 65536 + b + 1
    const found = known.get(key) ?? made(a, b)
    known.set(key, found)
    return found
  }
  return (x, y) => {
    const column = Math.floor(x / side)
    const row = Math.floor(y / side)
    let best = Infinity
    for (let a = column - 1; a <= column + 1; a += 1) {
      for (let b = row - 1; b <= row + 1; b += 1) {
        const one = spot(a, b)
        const dx = x - one.x
        const dy = y - one.y
        const along = (dx * one.cos + dy * one.sin) / one.size
        const across = (1.5 * (dy * one.cos - dx * one.sin)) / one.size
        best = Math.min(best, along * along + across * across)
      }
    }
    return Math.sqrt(best)
  }
}
const gland = spots(280, 60, 100)
const [close, loose] = [spots(17, 6, 9), spots(30, 4, 7)]

// Something like stained tissue: glands with an empty middle in a ring of nuclei, and looser tissue between them.
export function tissue(x: number, y: number): Colour {
  const away = gland(x, y)
  if (away < 0.7) return [244, 240, 243]
  const inside = away < 1.35
  if ((inside ? close : loose)(x, y) < 1) return [104, 62, 138]
  return inside ? [206, 142, 184] : [232, 178, 204]
}
