import { expect, it } from 'vitest'
import { IDENTITY, linear, lookup, paint } from './levels'

it('follows the DICOM linear function', () => {
  // PS3.3 C.11.2.1.2.1 with c = 2048, w = 4096: the full 12-bit range.
  const window = { center: 2048, width: 4096 }
  expect(linear(0, window)).toBe(0)
  expect(linear(4095, window)).toBe(255)
  expect(linear(2048, window)).toBe(Math.round(((2048 - 2047.5) / 4095 + 0.5) * 255))
  // c = 0, w = 1 is a threshold.
  expect(linear(-1, { center: 0, width: 1 })).toBe(0)
  expect(linear(1, { center: 0, width: 1 })).toBe(255)
})

it('shows 8-bit pixels as they are, or turned round', () => {
  expect([...lookup(8, IDENTITY, false)]).toEqual(Array.from({ length: 256 }, (_, i) => i))
  expect([...lookup(8, IDENTITY, true)]).toEqual(Array.from({ length: 256 }, (_, i) => 255 - i))
})

it('paints colour and grey', () => {
  const rgba = new Uint8ClampedArray(8)
  paint({ width: 2, height: 1, channels: 3, bits: 8, data: new Uint8Array([1, 2, 3, 4, 5, 6]) }, IDENTITY, false, rgba)
  expect([...rgba]).toEqual([1, 2, 3, 255, 4, 5, 6, 255])
})
