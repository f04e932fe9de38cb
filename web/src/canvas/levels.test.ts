import { expect, it } from 'vitest'
import { AS_STORED, grey, IDENTITY, lookup, type Window } from './levels'

const linear = (center: number, width: number): Window => ({ center, width, function: 'linear' })

it('follows the DICOM linear function', () => {
  // PS3.3 C.11.2.1.2.1 with c = 2048, w = 4096: the full 12-bit range.
  expect(grey(0, linear(2048, 4096))).toBe(0)
  expect(grey(4095, linear(2048, 4096))).toBe(1)
  expect(grey(2048, linear(2048, 4096))).toBeCloseTo((2048 - 2047.5) / 4095 + 0.5, 12)
  // The standard's own examples: c = 0, w = 1 is a threshold; so is c = 0.5, whose edge is black.
  expect([-1, 0, 1].map((x) => grey(x, linear(0, 1)))).toEqual([0, 1, 1])
  expect([-1, 0, 1].map((x) => grey(x, linear(0.5, 1)))).toEqual([0, 0, 1])
  // c = 0, w = 100: black up to -50, white above 49, as the standard says.
  expect([-50, 49, 50].map((x) => grey(x, linear(0, 100)))).toEqual([0, 1, 1])
})

it('follows the exact and the sigmoid function', () => {
  const exact: Window = { center: 0, width: 100, function: 'linear_exact' }
  expect([-50, 0, 25, 50, 60].map((x) => grey(x, exact))).toEqual([0, 0.5, 0.75, 1, 1])
  const sigmoid: Window = { center: 10, width: 8, function: 'sigmoid' }
  expect(grey(10, sigmoid)).toBe(0.5)
  expect(grey(12, sigmoid)).toBeCloseTo(1 / (1 + Math.exp(-1)), 12)
})

it('shows 8-bit pixels as they are, or turned round', () => {
  expect([...lookup(8, AS_STORED, IDENTITY, false)]).toEqual(Array.from({ length: 256 }, (_, i) => i))
  expect([...lookup(8, AS_STORED, IDENTITY, true)]).toEqual(Array.from({ length: 256 }, (_, i) => 255 - i))
})

it('turns MONOCHROME1 round, and back where a reader wants it', () => {
  // Stored 0 is the largest value, 1000, and the darkest; the window is meant for values.
  const levels = { slope: -1, intercept: 1000, inverse: true }
  const table = lookup(16, levels, { center: 500, width: 1000, function: 'linear_exact' }, false)
  expect([table[0], table[500], table[1000]]).toEqual([0, 128, 255])
  expect(lookup(16, levels, { center: 500, width: 1000, function: 'linear_exact' }, true)[1000]).toBe(0)
})
