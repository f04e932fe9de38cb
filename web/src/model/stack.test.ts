import { expect, it } from 'vitest'
import { stackOf, type Pictured } from './stack'

const slice = (id: string, z: number | null, instance: number | null, more: Partial<Pictured> = {}): Pictured => ({
  id, study: 's', series: 'a', frames: 1,
  facts: { orientation: [1, 0, 0, 0, 1, 0], position: z === null ? null : [-100, -100, z], instance }, ...more,
})
const ids = (image: Pictured, related: Pictured[]) => stackOf(image, related).map((s) => `${s.image}/${s.frame}`)

it('is the frames of an image that has several', () => {
  const loop = { ...slice('loop', null, 1), frames: 3 }
  expect(ids(loop, [loop, slice('b', 1, 2)])).toEqual(['loop/0', 'loop/1', 'loop/2'])
})

it('is the slices of a series, by their place in the body, whatever their numbers', () => {
  const image = slice('b', 10, 1)
  const related = [slice('c', 15, 2), image, slice('a', -5, 3), slice('other', 0, 1, { series: 'b' }), slice('older', 0, 1, { study: 't' })]
  expect(ids(image, related)).toEqual(['a/0', 'b/0', 'c/0'])
})

it('is the slices by their numbers where places are unknown, and one image where there is no series', () => {
  const image = slice('b', null, 2)
  expect(ids(image, [slice('c', null, 3), image, slice('a', null, 1)])).toEqual(['a/0', 'b/0', 'c/0'])
  const alone = slice('x', 0, 1, { series: null })
  expect(ids(alone, [alone, slice('y', 0, 1, { series: null })])).toEqual(['x/0'])
  expect(ids(image, [])).toEqual(['b/0'])
})
