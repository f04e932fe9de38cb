// Lengths on the image: in mm where its file says how large a pixel is, else in pixels.
import type { Point } from './geometry'

export interface Length {
  value: number
  unit: 'mm' | 'px'
}

// A bar of a round length, in mm and on the screen, of at most `most` screen pixels where one of the image measures `spacing` mm.
export function barOf(spacing: number, zoom: number, most: number): { millimetres: number; length: number } {
  const longest = (most / zoom) * spacing
  const power = 10 ** Math.floor(Math.log10(longest))
  const millimetres = ([5, 2].find((step) => step * power <= longest) ?? 1) * power
  return { millimetres, length: (millimetres / spacing) * zoom }
}

// `spacing`: between rows and between columns, in mm, DICOM's order; they need not be the same.
export function lengthOf(from: Point, to: Point, spacing: readonly number[] | null): Length {
  const [row, column] = spacing ?? []
  const [across, down] = [to.x - from.x, to.y - from.y]
  if (row === undefined || column === undefined) return { value: Math.hypot(across, down), unit: 'px' }
  return { value: Math.hypot(across * column, down * row), unit: 'mm' }
}
