// What a reader scrolls through: the frames of an image, or the slices of the series that a single one belongs to.

export interface Slice {
  image: string
  frame: number
}
export interface Pictured {
  id: string
  study: string
  series?: string | null
  frames: number
  facts?: {
    orientation?: readonly number[] | null
    position?: readonly number[] | null
    instance?: number | null
  } | null
}

export const nameOf = ({ image, frame }: Slice) => `${image}/${frame}`

export function stackOf(image: Pictured, related: readonly Pictured[]): Slice[] {
  const frames = Array.from({ length: image.frames }, (_, frame) => ({ image: image.id, frame }))
  if (image.frames > 1 || !image.series) return frames
  const slices = related.filter((other) => isSlice(other, image))
  if (slices.length < 2 || !slices.some(({ id }) => id === image.id)) return frames
  return [...slices].sort(order(image)).map(({ id }) => ({ image: id, frame: 0 }))
}

const isSlice = (other: Pictured, image: Pictured) => other.study === image.study && other.series === image.series && other.frames === 1

// Along the line that the slices stand on, from the first direction of the two that are possible; where one does not say where it
// lies, by their numbers. Two in the same place keep their order.
function order(image: Pictured): (a: Pictured, b: Pictured) => number {
  const normal = normalOf(image.facts?.orientation)
  return (a, b) => {
    const [p, q] = [along(normal, a), along(normal, b)]
    if (p !== null && q !== null && p !== q) return p - q
    return (a.facts?.instance ?? 0) - (b.facts?.instance ?? 0)
  }
}

function normalOf(orientation: readonly number[] | null | undefined): readonly number[] | null {
  if (orientation?.length !== 6) return null
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = orientation
  return [b * f - c * e, c * d - a * f, a * e - b * d]
}

function along(normal: readonly number[] | null, { facts }: Pictured): number | null {
  const position = facts?.position
  if (!normal || !position) return null
  return normal.reduce((sum, part, axis) => sum + part * (position[axis] ?? 0), 0)
}
