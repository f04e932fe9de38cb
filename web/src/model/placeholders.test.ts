import { expect, it } from 'vitest'
import { FIRST, nextPlaceholder } from './placeholders'

const texts = ['In the {side} lung, {size} mm.', '{侧}肺，{大小}毫米。']
const quoted = (place: ReturnType<typeof nextPlaceholder>) => place && texts[place.field]?.slice(place.start, place.end)

it('goes from one placeholder to the next through both texts, and back', () => {
  const seen: (string | null | undefined)[] = []
  let at = FIRST
  for (;;) {
    const next = nextPlaceholder(texts, at, 1)
    if (!next) break
    seen.push(quoted(next))
    at = next
  }
  expect(seen).toEqual(['{side}', '{size}', '{侧}', '{大小}'])
  expect(quoted(nextPlaceholder(texts, at, -1))).toBe('{侧}')
  expect(nextPlaceholder(texts, { field: 0, start: 7, end: 13 }, -1)).toBeNull()
})

it('knows no placeholder in braces that hold nothing, a line break or another brace', () => {
  expect(nextPlaceholder(['{} {a\nb} {', 'x}'], FIRST, 1)).toBeNull()
  expect(nextPlaceholder(['{a{b}'], FIRST, 1)).toEqual({ field: 0, start: 2, end: 5 })
})
