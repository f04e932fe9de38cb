// Lengths on the image: in mm where its file says how large a pixel is, else in pixels.
import type { Point } from './geometry'

export interface Length {
  value: number
  unit: 'mm' | 'px'
}

// `spacing`: between rows and between columns, in mm, DICOM's order; they need not be the same.
export function lengthOf(from: Point, to: Point, spacing: readonly number[] | null): Length {
  const [row, column] = spacing ?? []
  const [across, down] = [to.x - from.x, to.y - from.y]
  if (row === undefined || column === undefined) return { value: Math.hypot(across, down), unit: 'px' }
  return { value: Math.hypot(across * column, down * row), unit: 'mm' }
}
