import { expect, it } from 'vitest'
import { LABEL_HEIGHT, labelSpot, widthOf, type Rect } from './label'

const screen = { width: 800, height: 600 }
const box = (x: number, y: number, width: number, height: number): Rect => ({ x, y, width, height })
const at = (b: Rect, others: Rect[] = []) => labelSpot(b, 90, screen, others)
const covers = (spot: { x: number; y: number } | null, b: Rect) =>
  spot !== null && spot.x < b.x + b.width && spot.x + 90 > b.x && spot.y < b.y + b.height && spot.y + LABEL_HEIGHT > b.y

it('stands above its box, and elsewhere outside where there is no room', () => {
  expect(at(box(100, 100, 50, 50))).toEqual({ x: 100, y: 100 - 4 - LABEL_HEIGHT })
  for (const b of [box(0, 0, 60, 60), box(740, 0, 60, 60), box(760, 560, 40, 40), box(0, 0, 800, 500), box(0, 0, 500, 600), box(300, 0, 500, 600)]) {
    const spot = at(b)
    expect(spot, JSON.stringify(b)).not.toBeNull()
    expect(covers(spot, b)).toBe(false)
  }
})

it('is left out where the box fills the screen or lies outside it', () => {
  expect(at(box(0, 0, 800, 600))).toBeNull()
  expect(at(box(-50, -50, 900, 700))).toBeNull()
  expect(at(box(900, 700, 50, 50))).toBeNull()
})

it('does not cover another finding, but may lie in the box around both', () => {
  const above = box(100, 70, 60, 28)
  expect(covers(at(box(100, 100, 50, 50), [above]), above)).toBe(false)
  expect(at(box(300, 300, 40, 40), [box(100, 100, 500, 400)])).not.toBeNull()
})

it('takes a Chinese character for wider than a letter', () => {
  expect(widthOf('肺', 13)).toBeGreaterThan(widthOf('l', 13))
})
