import { describe, expect, it } from 'vitest'
import type { Box } from './geometry'
import { clicked, clickedBorder, gripAt } from './grip'

const lung: Box = [100, 100, 300, 400]
const nodule: Box = [150, 150, 190, 190]

describe('gripAt', () => {
  it('draws inside a chosen box, and moves it by its border', () => {
    expect(gripAt(lung, { x: 170, y: 170 }, 1)).toBeNull()
    expect(gripAt(lung, { x: 102, y: 170 }, 1)).toEqual({ kind: 'move' })
    expect(gripAt(lung, { x: 90, y: 170 }, 1)).toBeNull()
  })
  it('measures on the screen, whatever the zoom', () => {
    expect(gripAt(lung, { x: 115, y: 170 }, 0.25)).toEqual({ kind: 'move' })
    expect(gripAt(lung, { x: 115, y: 170 }, 4)).toBeNull()
  })
  it('resizes by the nearest handle', () => {
    expect(gripAt(lung, { x: 309, y: 250 }, 1)).toEqual({ kind: 'resize', handle: { x: 1, y: 0 } })
    expect(gripAt(lung, { x: 95, y: 395 }, 1)).toEqual({ kind: 'resize', handle: { x: -1, y: 1 } })
  })
  it('still moves a box that is small on the screen', () => {
    expect(gripAt(nodule, { x: 170, y: 170 }, 0.5)).toEqual({ kind: 'move' })
    expect(gripAt(nodule, { x: 189, y: 189 }, 0.5)).toEqual({ kind: 'resize', handle: { x: 1, y: 1 } })
  })
})

describe('clicked', () => {
  const boxes = [{ id: 'nodule', bbox: nodule }, { id: 'lung', bbox: lung }, { id: 'same', bbox: lung }]
  it('is the smallest box there, whichever came first', () => {
    expect(clicked(boxes, null, { x: 170, y: 170 }, 1)).toBe('nodule')
    expect(clicked([...boxes].reverse(), 'lung', { x: 170, y: 170 }, 1)).toBe('nodule')
    expect(clicked(boxes, 'nodule', { x: 250, y: 250 }, 1)).toBe('lung')
    expect(clicked(boxes, 'lung', { x: 20, y: 20 }, 1)).toBeNull()
  })
  it('reaches each of several boxes at the same place', () => {
    const second = clicked(boxes, 'nodule', { x: 170, y: 170 }, 1)
    const third = clicked(boxes, second, { x: 170, y: 170 }, 1)
    expect(new Set([second, third])).toEqual(new Set(['lung', 'same']))
    expect(clicked(boxes, third, { x: 170, y: 170 }, 1)).toBe('nodule')
  })
})

describe('clickedBorder', () => {
  const boxes = [{ id: 'nodule', bbox: nodule }, { id: 'lung', bbox: lung }, { id: 'beside', bbox: [298, 100, 400, 200] as Box }]
  it('is a box by its border alone, and each of two that meet there', () => {
    expect(clickedBorder(boxes, null, { x: 170, y: 170 }, 1)).toBeNull()
    expect(clickedBorder(boxes, null, { x: 103, y: 300 }, 1)).toBe('lung')
    expect(clickedBorder(boxes, null, { x: 299, y: 150 }, 1)).toBe('beside')
    expect(clickedBorder(boxes, 'beside', { x: 299, y: 150 }, 1)).toBe('lung')
  })
  it('is a box that is small on the screen wherever it is clicked', () => {
    expect(clickedBorder(boxes, null, { x: 170, y: 170 }, 0.5)).toBe('nodule')
  })
})
