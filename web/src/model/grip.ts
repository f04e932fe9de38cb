// What a press on the image takes hold of, and which box a click means. Lengths named here are in CSS pixels.
import { HANDLES, type Box, type Handle, type Point } from './geometry'

// Up to here a press is a click: the hand's tremor must not change what it points at.
export const STILL = 4
const HANDLE_TARGET = 24
const BORDER = 6
// A box with a shorter side than this has no inside to draw in: it is all border.
const ALL_BORDER = 40

export type Grip = { kind: 'resize'; handle: Handle } | { kind: 'move' }

// The handle of the chosen box under the point, or its border; null where a drag draws, its inside included: a nodule lies
// in a lung, and the lung must not follow.
export function gripAt(box: Box, point: Point, zoom: number): Grip | null {
  const side = shorterSide(box) * zoom
  const handle = handleAt(box, point, Math.max(8, Math.min(HANDLE_TARGET, side / 3)) / 2 / zoom)
  if (handle) return { kind: 'resize', handle }
  return isOnBorder(box, point, zoom) ? { kind: 'move' } : null
}

function isOnBorder(box: Box, point: Point, zoom: number): boolean {
  const depth = depthIn(box, point) * zoom
  return depth >= -BORDER && (depth <= BORDER || shorterSide(box) * zoom < ALL_BORDER)
}

export const handlePoint = (box: Box, handle: Handle): Point => ({
  x: box[0] + ((handle.x + 1) / 2) * (box[2] - box[0]),
  y: box[1] + ((handle.y + 1) / 2) * (box[3] - box[1]),
})

function handleAt(box: Box, point: Point, reach: number): Handle | null {
  const away = (handle: Handle) => {
    const at = handlePoint(box, handle)
    return Math.max(Math.abs(at.x - point.x), Math.abs(at.y - point.y))
  }
  const nearest = HANDLES.reduce((best, handle) => (away(handle) < away(best) ? handle : best))
  return away(nearest) <= reach ? nearest : null
}

// How far inside the box the point lies; negative outside.
const depthIn = (box: Box, p: Point) => Math.min(p.x - box[0], box[2] - p.x, p.y - box[1], box[3] - p.y)
const shorterSide = (box: Box) => Math.min(box[2] - box[0], box[3] - box[1])
const area = (box: Box) => (box[2] - box[0]) * (box[3] - box[1])

interface Placed {
  id: string
  bbox: Box
}
// The smallest box under a click; where that one is chosen already, the next larger one, so that none lies out of reach.
export function clicked(boxes: readonly Placed[], selected: string | null, point: Point, zoom: number): string | null {
  return inTurn(boxes.filter(({ bbox }) => depthIn(bbox, point) * zoom >= -STILL), selected)
}

// The same of the boxes whose border lies there: where a click draws, the inside of a box is drawn in.
export function clickedBorder(boxes: readonly Placed[], selected: string | null, point: Point, zoom: number): string | null {
  return inTurn(boxes.filter(({ bbox }) => isOnBorder(bbox, point, zoom)), selected)
}

function inTurn(boxes: readonly Placed[], selected: string | null): string | null {
  const under = [...boxes].sort((a, b) => area(a.bbox) - area(b.bbox))
  const before = under.findIndex(({ id }) => id === selected)
  return under[(before + 1) % under.length]?.id ?? null
}
