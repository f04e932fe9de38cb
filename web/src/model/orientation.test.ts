import { expect, it } from 'vitest'
import { edgesOf } from './orientation'

it('reads the letters of the edges from the directions of rows and columns', () => {
  // An axial CT, head first: rows run to the patient's left, columns to the back.
  expect(edgesOf({ orientation: [1, 0, 0, 0, 1, 0] })).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' })
  expect(edgesOf({ orientation: [0, 1, 0, 0, 0, -1] })).toEqual({ left: 'A', right: 'P', top: 'H', bottom: 'F' })
  // Tilted: the nearest axis first, the other only where it counts.
  expect(edgesOf({ orientation: [0.8, 0.6, 0, 0, 0.2, -0.98] })).toEqual({ left: 'RA', right: 'LP', top: 'H', bottom: 'F' })
  expect(edgesOf({ directions: ['L', 'FP'] })).toEqual({ left: 'R', right: 'L', top: 'HA', bottom: 'FP' })
})

it('says nothing where the file does not', () => {
  expect(edgesOf({})).toBeNull()
  expect(edgesOf({ orientation: null, directions: ['', 'F'] })).toBeNull()
})
