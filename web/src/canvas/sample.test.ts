import { expect, it } from 'vitest'
import { AS_STORED, IDENTITY, lookup, type Raster } from './levels'
import { sample } from './sample'

const table = lookup(8, AS_STORED, IDENTITY, false)
const grey = (width: number, ...data: number[]): Raster => ({ width, height: data.length / width, channels: 1, bits: 8, data: new Uint8Array(data) })
function shown(raster: Raster, zoom: number, x: number, y: number, width: number, height: number): number[][] {
  const rgba = new Uint32Array(width * height)
  sample({ raster, table, view: { zoom, x, y }, screen: { width, height } }, rgba)
  return Array.from(rgba, (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255, pixel >>> 24])
}
const levels = (...of: Parameters<typeof shown>) => shown(...of).map(([red]) => red)

it('shows magnified pixels as they are, and black beside the image', () => {
  expect(levels(grey(2, 10, 20), 2, 1, 0, 6, 2)).toEqual([0, 10, 10, 20, 20, 0, 0, 10, 10, 20, 20, 0])
  expect(levels(grey(2, 10, 20), 1, 0, 0, 2, 1)).toEqual([10, 20])
})

it('shows the mean of what a screen pixel covers', () => {
  expect(levels(grey(4, 0, 100, 10, 30, 100, 200, 20, 40), 0.5, 0, 0, 2, 1)).toEqual([100, 25])
})

it('shows colours as they are', () => {
  const colour: Raster = { width: 2, height: 1, channels: 3, bits: 8, data: new Uint8Array([1, 2, 3, 250, 251, 252]) }
  expect(shown(colour, 1, 0, 0, 2, 1)).toEqual([[1, 2, 3, 255], [250, 251, 252, 255]])
})
