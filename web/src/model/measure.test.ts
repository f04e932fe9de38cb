import { expect, it } from 'vitest'
import { lengthOf } from './measure'

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
