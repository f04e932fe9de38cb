import { expect, it } from 'vitest'
import { percentOf, wordFor } from './confidence'

it('names a share by the word whose limit it reaches', () => {
  expect([1, 0.9, 0.899, 0.7, 0.5, 0.4, 0.39, 0].map(wordFor)).toEqual([
    'very_likely', 'very_likely', 'likely', 'likely', 'possible', 'possible', 'unlikely', 'unlikely',
  ])
  expect(wordFor(Number.NaN)).toBe('unlikely')
  expect(percentOf(0.825)).toBe(83)
})
