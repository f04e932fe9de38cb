// What a template leaves to be typed: `{size}`. The server's checks know the same shape (datasets/src/template.rs).
export interface Place {
  // Which of the fields, and from where to where in its text.
  field: number
  start: number
  end: number
}

const PLACEHOLDER = /\{[^{}\n]{1,40}\}/gu

// The next placeholder after what is selected, or the one before it; null where there is none in that direction.
export function nextPlaceholder(texts: readonly string[], from: Place, by: 1 | -1): Place | null {
  const all = texts.flatMap((text, field) =>
    [...text.matchAll(PLACEHOLDER)].map(({ index, 0: found }): Place => ({ field, start: index, end: index + found.length })),
  )
  const after = (place: Place) => place.field > from.field || (place.field === from.field && place.start >= from.end)
  const before = (place: Place) => place.field < from.field || (place.field === from.field && place.end <= from.start)
  return (by > 0 ? all.find(after) : all.findLast(before)) ?? null
}

export const FIRST: Place = { field: 0, start: 0, end: 0 }
