// Boxes in image pixels, and the one mapping between image and screen.

export type Box = readonly [x0: number, y0: number, x1: number, y1: number]
export interface Point {
  x: number
  y: number
}
export interface Size {
  width: number
  height: number
}
// Where the image lies on the screen: screen = image × zoom + offset, in CSS pixels of the viewport.
export interface View {
  zoom: number
  x: number
  y: number
}

export const MIN_SIDE = 1
const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high)

export const toImage = (view: View, p: Point): Point => ({ x: (p.x - view.x) / view.zoom, y: (p.y - view.y) / view.zoom })
export const toScreen = (view: View, p: Point): Point => ({ x: p.x * view.zoom + view.x, y: p.y * view.zoom + view.y })

export function fit(image: Size, screen: Size): View {
  const zoom = Math.min(screen.width / image.width, screen.height / image.height)
  return { zoom, x: (screen.width - image.width * zoom) / 2, y: (screen.height - image.height * zoom) / 2 }
}

// What another view shows too, whatever its size: how far it is magnified beyond fitting, and the part of the image, from 0 to 1,
// that lies in its middle.
export interface Look {
  magnified: number
  x: number
  y: number
}
export function lookOf(view: View, image: Size, screen: Size): Look {
  const middle = toImage(view, { x: screen.width / 2, y: screen.height / 2 })
  return { magnified: view.zoom / fit(image, screen).zoom, x: middle.x / image.width, y: middle.y / image.height }
}
export function viewOf(look: Look, image: Size, screen: Size): View {
  const zoom = fit(image, screen).zoom * look.magnified
  return { zoom, x: screen.width / 2 - look.x * image.width * zoom, y: screen.height / 2 - look.y * image.height * zoom }
}

// A box in the middle of what a look shows, a fifth of it along each side.
export function middleOf({ magnified, x, y }: Look, image: Size): Box | null {
  const corner = (sign: number): Point => ({ x: image.width * (x + (sign * 0.1) / magnified), y: image.height * (y + (sign * 0.1) / magnified) })
  return spanned(corner(-1), corner(1), image)
}

// One image pixel on one pixel of the screen, of which `ratio` make a CSS pixel, edge upon edge; what is in the middle stays there.
export function actual(view: View, screen: Size, ratio: number): View {
  const zoom = 1 / ratio
  const middle = toImage(view, { x: screen.width / 2, y: screen.height / 2 })
  const edge = (length: number, at: number) => Math.round((length / 2 - at * zoom) * ratio) / ratio
  return { zoom, x: edge(screen.width, middle.x), y: edge(screen.height, middle.y) }
}

// How far one may zoom out: a slide may need more to fit the screen.
const LOWEST = 0.02
export const lowestZoom = (image: Size, screen: Size) => Math.min(LOWEST, fit(image, screen).zoom / 2)

// Zooms so that the point under the pointer stays there.
export function zoomAt(view: View, at: Point, factor: number, lowest = LOWEST): View {
  const zoom = clamp(view.zoom * factor, lowest, 64)
  const image = toImage(view, at)
  return { zoom, x: at.x - image.x * zoom, y: at.y - image.y * zoom }
}

// The box between two points, inside the image; null where it has no area.
export function spanned(a: Point, b: Point, image: Size): Box | null {
  const xs = [clamp(a.x, 0, image.width), clamp(b.x, 0, image.width)].sort((p, q) => p - q)
  const ys = [clamp(a.y, 0, image.height), clamp(b.y, 0, image.height)].sort((p, q) => p - q)
  const box = [xs[0], ys[0], xs[1], ys[1]] as [number, number, number, number]
  return box[2] - box[0] >= MIN_SIDE && box[3] - box[1] >= MIN_SIDE ? box : null
}

// The box moved as far as the image lets it.
export function moved(box: Box, dx: number, dy: number, image: Size): Box {
  const x = clamp(dx, -box[0], image.width - box[2])
  const y = clamp(dy, -box[1], image.height - box[3])
  return [box[0] + x, box[1] + y, box[2] + x, box[3] + y]
}

// Which edges a handle drags: -1 left/top, 1 right/bottom, 0 none.
export interface Handle {
  x: -1 | 0 | 1
  y: -1 | 0 | 1
}
export const HANDLES: readonly Handle[] = [
  { x: -1, y: -1 }, { x: 0, y: -1 }, { x: 1, y: -1 }, { x: -1, y: 0 },
  { x: 1, y: 0 }, { x: -1, y: 1 }, { x: 0, y: 1 }, { x: 1, y: 1 },
]

// The box with the handle's edges dragged so far, wherever beside the handle the drag began.
export function resized(box: Box, handle: Handle, dx: number, dy: number, image: Size): Box {
  const x = clamp((handle.x === -1 ? box[0] : box[2]) + dx, 0, image.width)
  const y = clamp((handle.y === -1 ? box[1] : box[3]) + dy, 0, image.height)
  return [
    handle.x === -1 ? Math.min(x, box[2] - MIN_SIDE) : box[0],
    handle.y === -1 ? Math.min(y, box[3] - MIN_SIDE) : box[1],
    handle.x === 1 ? Math.max(x, box[0] + MIN_SIDE) : box[2],
    handle.y === 1 ? Math.max(y, box[1] + MIN_SIDE) : box[3],
  ]
}

// What stands in a number field, where it is a number: not while it is empty or only a sign.
export function numberIn(value: string | number): number | null {
  const number = typeof value === 'number' ? value : value.trim() === '' ? NaN : Number(value)
  return Number.isFinite(number) ? number : null
}

// The box with one of its four numbers typed anew, if that makes a box inside the image.
export function withNumber(box: readonly number[], index: number, value: string | number, image: Size): Box | null {
  const number = numberIn(value)
  return number === null ? null : typed(box.map((old, at) => (at === index ? number : old)), image)
}

// Typed numbers as a box, if they make one inside the image.
export function typed(numbers: readonly number[], image: Size): Box | null {
  const [x0, y0, x1, y1] = numbers
  if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) return null
  const ordered = x0 >= 0 && y0 >= 0 && x1 - x0 >= MIN_SIDE && y1 - y0 >= MIN_SIDE
  return ordered && x1 <= image.width && y1 <= image.height ? [x0, y0, x1, y1] : null
}
