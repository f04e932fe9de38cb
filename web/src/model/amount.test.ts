import { expect, test } from 'vitest'
import { clockOf, secondsLeft, sizeOf } from './amount'

test('bytes and times are short', () => {
  expect([0, 999, 12_345, 5e6, 7.4e9].map(sizeOf)).toEqual(['0.0 kB', '1.0 kB', '12 kB', '5 MB', '7 GB'])
  expect([0, 65, 3599, 3661].map(clockOf)).toEqual(['0:00', '1:05', '59:59', '1:01:01'])
})

test('what is left is told by the pace so far', () => {
  expect(secondsLeft(10, 40, 5)).toBe(15)
  expect(secondsLeft(0, 40, 5)).toBeNull()
  expect(secondsLeft(1, 40, 0.5)).toBeNull()
})
