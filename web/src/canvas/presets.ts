// Windows that a reader changes between with a key.
import type { Levels, Window } from './levels'

export type PresetName = 'own' | 'full' | 'lung' | 'bone' | 'soft_tissue' | 'brain' | 'mediastinum' | 'liver'
export interface Preset {
  name: PresetName
  window: Window
}

const ct = (name: PresetName, width: number, center: number): Preset => ({ name, window: { center, width, function: 'linear' } })
// In Hounsfield units, which are the same on every scanner. Widths and levels as in https://radiopaedia.org/articles/windowing-ct
const OF_CT: readonly Preset[] = [
  ct('lung', 1500, -600), ct('bone', 1800, 400), ct('soft_tissue', 400, 50),
  ct('brain', 80, 40), ct('mediastinum', 350, 50), ct('liver', 150, 30),
]

// In the order of their number keys: the file's own, all values, and where values are Hounsfield units those that are usual.
export function presetsOf(own: Window, full: Window, hounsfield: boolean): readonly Preset[] {
  return [{ name: 'own', window: own }, { name: 'full', window: full }, ...(hounsfield ? OF_CT : [])]
}

// From black at the smallest stored value to white at the largest, whichever of the two means more.
export function fullRange(stored: { min: number; max: number }, { slope, intercept }: Levels): Window {
  const [from, to] = [stored.min * slope + intercept, stored.max * slope + intercept]
  return { center: (from + to) / 2, width: Math.max(Math.abs(to - from), Math.abs(slope)), function: 'linear_exact' }
}
