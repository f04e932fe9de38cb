// What an image's facts mean for how it is shown.
import type { Image } from '../../api/client'
import { AS_STORED, IDENTITY, type Levels, type Window } from '../../canvas/levels'
import { fullRange, presetsOf, type Preset, type PresetName } from '../../canvas/presets'
import type { Tiled } from '../../canvas/tiled'
import { edgesOf, type Edges } from '../../model/orientation'

// A preset follows the image that is shown; a window that a reader made is the same on all.
export type Chosen = PresetName | Window

export interface Shown {
  levels: Levels
  hounsfield: boolean
  presets: readonly Preset[]
  edges: Edges | null
}

export function shownOf(image: Image): Shown {
  const known = image.facts?.levels
  const levels: Levels = known ?? AS_STORED
  const stored = image.window
  const own: Window = known ?? (stored ? { center: stored.center, width: stored.width, function: 'linear' } : IDENTITY)
  const full = fullRange(stored ?? { min: 0, max: 255 }, levels)
  return {
    levels,
    hounsfield: known?.hounsfield ?? false,
    presets: presetsOf({ center: own.center, width: own.width, function: own.function }, full, known?.hounsfield ?? false),
    edges: edgesOf(image.facts ?? {}),
  }
}

// A slide, which is brought tile by tile; null for all other images.
export function tiledOf({ id, width, height, facts }: Image): Tiled | null {
  const levels = facts?.pyramid
  return levels ? { width, height, levels, urlOf: (level, column, row) => `/api/images/${id}/tiles/${level}/${column}/${row}` } : null
}

export function windowOf(chosen: Chosen, { presets }: Shown): Window {
  if (typeof chosen !== 'string') return chosen
  return (presets.find(({ name }) => name === chosen) ?? presets[0])?.window ?? IDENTITY
}
