import { expect, it } from 'vitest'
import { barOf, lengthOf } from './measure'

it('measures in mm with the spacing of rows down and of columns across', () => {
  const at = { x: 10, y: 20 }
  expect(lengthOf(at, { x: 14, y: 20 }, [3, 0.5])).toEqual({ value: 2, unit: 'mm' })
  expect(lengthOf(at, { x: 10, y: 24 }, [3, 0.5])).toEqual({ value: 12, unit: 'mm' })
  expect(lengthOf(at, { x: 18, y: 21 }, [3, 0.5])).toEqual({ value: 5, unit: 'mm' })
})

it('measures in pixels where nothing is known of their size', () => {
  expect(lengthOf({ x: 0, y: 0 }, { x: 3, y: 4 }, null)).toEqual({ value: 5, unit: 'px' })
  expect(lengthOf({ x: 0, y: 0 }, { x: 3, y: 4 }, [])).toEqual({ value: 5, unit: 'px' })
})

it('draws a bar of a round length that is no longer than it may be', () => {
  // A quarter of a micron: at 1:1 160 pixels are 40 µm.
  const { millimetres, length } = barOf(0.00025, 1, 160)
  expect(millimetres).toBeCloseTo(0.02)
  expect(length).toBeCloseTo(80)
  expect(barOf(0.00025, 0.02, 160).millimetres).toBeCloseTo(2)
})
