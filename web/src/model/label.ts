// Where the name of a box goes: beside it, never over what it marks. All lengths are CSS pixels of the viewport.
import type { Point, Size } from './geometry'

export interface Rect extends Point, Size {}

export const LABEL_HEIGHT = 18
const GAP = 4

// The label's top left corner; null where the box leaves no room on the screen beside it.
export function labelSpot(box: Rect, width: number, screen: Size, others: readonly Rect[]): Point | null {
  const label = (x: number, y: number): Rect => ({ x, y, width, height: LABEL_HEIGHT })
  const [right, bottom] = [box.x + box.width, box.y + box.height]
  // Along an edge it is shifted to where it can be read whole.
  const along = (start: number, length: number, room: number) => Math.max(0, Math.min(start, room - length))
  const x = along(box.x, width, screen.width)
  const y = along(box.y, LABEL_HEIGHT, screen.height)
  const spots = [
    label(x, box.y - GAP - LABEL_HEIGHT),
    label(x, bottom + GAP),
    label(along(right - width, width, screen.width), box.y - GAP - LABEL_HEIGHT),
    label(along(right - width, width, screen.width), bottom + GAP),
    label(right + GAP, y),
    label(box.x - GAP - width, y),
  ].filter((spot) => isOn(spot, screen) && touches(spot, box))
  // In the larger box around this one is room for its name; another finding is not to be covered.
  const reach = grown(box, GAP + Math.max(width, LABEL_HEIGHT))
  const findings = others.filter((other) => overlap(other, reach) > 0 && !contains(other, box))
  const cost = (spot: Rect) => findings.reduce((sum, other) => sum + overlap(spot, other), 0)
  const best = spots.map((spot) => ({ spot, cost: cost(spot) })).reduce<{ spot: Rect; cost: number } | null>((a, b) => (a && a.cost <= b.cost ? a : b), null)
  return best && { x: best.spot.x, y: best.spot.y }
}

// A rough width: what is wider than a Latin letter takes a whole square.
export function widthOf(text: string, size: number): number {
  return [...text].reduce((sum, char) => sum + (/[\u2e80-\uffef]/u.test(char) ? size : size * 0.56), 0)
}

const isOn = (spot: Rect, screen: Size) => spot.x >= 0 && spot.y >= 0 && spot.x + spot.width <= screen.width && spot.y + spot.height <= screen.height
// A name that was shifted too far from its box would be another's.
const touches = (spot: Rect, box: Rect) => overlap(grown(spot, GAP + 1), box) > 0
const grown = ({ x, y, width, height }: Rect, by: number): Rect => ({ x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by })
const contains = (outer: Rect, inner: Rect) =>
  outer.x <= inner.x && outer.y <= inner.y && outer.x + outer.width >= inner.x + inner.width && outer.y + outer.height >= inner.y + inner.height

function overlap(a: Rect, b: Rect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return width > 0 && height > 0 ? width * height : 0
}
