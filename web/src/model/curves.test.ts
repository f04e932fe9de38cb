import { expect, it } from 'vitest'
import { bySeconds, namesOf } from './curves'

it('shows the loss first', () => {
  expect(namesOf([{ 'train/speed': [], 'train/loss': [] }, { 'test/accuracy.en': [], 'train/loss': [] }])).toEqual(['train/loss', 'test/accuracy.en', 'train/speed'])
})

it('counts the seconds until each step by the pace on the way', () => {
  const pace = [[5, 10], [10, 5]] as const
  expect(bySeconds([[5, 1], [7, 2], [10, 3], [15, 4]], pace)).toEqual([[0.5, 1], [0.9, 2], [1.5, 3], [2.5, 4]])
  expect(bySeconds([[5, 1]], [])).toEqual([[0, 1]])
})
