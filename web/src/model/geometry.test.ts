import { describe, expect, it } from 'vitest'
import { actual, fit, lookOf, moved, numberIn, resized, spanned, toImage, toScreen, typed, viewOf, withNumber, zoomAt } from './geometry'

const image = { width: 512, height: 300 }

describe('geometry', () => {
  it('maps a point to the screen and back', () => {
    const view = zoomAt(fit(image, { width: 731, height: 419 }), { x: 200, y: 133 }, 1.7)
    for (const p of [{ x: 0, y: 0 }, { x: 511.5, y: 17.25 }]) {
      const back = toImage(view, toScreen(view, p))
      expect(back.x).toBeCloseTo(p.x, 9)
      expect(back.y).toBeCloseTo(p.y, 9)
    }
  })
  it('lays one image pixel on one screen pixel, edge upon edge', () => {
    const view = actual(fit(image, { width: 701, height: 401 }), { width: 701, height: 401 }, 1.5)
    expect(view.zoom * 1.5).toBeCloseTo(1, 12)
    expect(view.x * 1.5).toBeCloseTo(Math.round(view.x * 1.5), 9)
    expect(view.y * 1.5).toBeCloseTo(Math.round(view.y * 1.5), 9)
  })
  it('shows the same part of another image, or of the same in another size', () => {
    const screen = { width: 700, height: 400 }
    const view = zoomAt(fit(image, screen), { x: 123, y: 77 }, 3)
    const back = viewOf(lookOf(view, image, screen), image, screen)
    for (const key of ['zoom', 'x', 'y'] as const) expect(back[key]).toBeCloseTo(view[key], 9)
    const other = { width: 1024, height: 600 }
    expect(viewOf(lookOf(view, image, screen), other, screen).zoom).toBeCloseTo(view.zoom / 2, 9)
  })
  it('keeps the point under the pointer when zooming', () => {
    const view = fit(image, { width: 700, height: 400 })
    const at = { x: 123, y: 77 }
    const before = toImage(view, at)
    const after = toImage(zoomAt(view, at, 3), at)
    expect(after.x).toBeCloseTo(before.x, 9)
    expect(after.y).toBeCloseTo(before.y, 9)
  })
  it('never leaves the image', () => {
    expect(spanned({ x: 600, y: -5 }, { x: 500, y: 20 }, image)).toEqual([500, 0, 512, 20])
    expect(spanned({ x: 5, y: 5 }, { x: 5.2, y: 90 }, image)).toBeNull()
    expect(moved([10, 10, 20, 20], -50, 1000, image)).toEqual([0, 290, 10, 300])
    expect(resized([10, 10, 20, 20], { x: 1, y: 0 }, -17, 0, image)).toEqual([10, 10, 11, 20])
    expect(resized([10, 10, 20, 20], { x: 1, y: 1 }, 1000, 1000, image)).toEqual([10, 10, 512, 300])
    expect(typed([0, 0, 513, 10], image)).toBeNull()
    expect(typed([0, 0, 512, 300], image)).toEqual([0, 0, 512, 300])
  })
  it('takes a typed number only where it makes a box', () => {
    expect(withNumber([68, 10, 231, 20], 2, 230.5, image)).toEqual([68, 10, 230.5, 20])
    for (const value of ['', ' ', '-', 10, 68, 600]) expect(withNumber([68, 10, 231, 20], 2, value, image)).toBeNull()
    expect(withNumber([68, 10, 231, 20], 0, '', image)).toBeNull()
    expect([numberIn('-'), numberIn(''), numberIn('-600'), numberIn(0)]).toEqual([null, null, -600, 0])
  })
  it('moves an edge as far as it was dragged, wherever the handle was pressed', () => {
    expect(resized([10, 10, 20, 20], { x: -1, y: 1 }, 2, 3, image)).toEqual([12, 10, 20, 23])
    expect(resized([10, 10, 20, 20], { x: 1, y: -1 }, 0, 0, image)).toEqual([10, 10, 20, 20])
  })
})
