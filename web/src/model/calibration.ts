// What a run's calibration.json holds, as the trainer writes it (trainer/src/calibrate); a file of a later version is not read.
export interface Bin { samples: number; confidence: number; right: number }
export interface Reliability {
  samples: number
  patients: number
  bins: Bin[]
  ece: number
  ece_interval: [number, number]
  ece_by_chance: number
  auroc: number | null
  aurc: number
  brier: number
}
export interface Part {
  task: 'r2t' | 't2r'
  lang: string
  fitted_on: { samples: number; right: number; patients: number }
  map: { measure: { of: string; signal: string }; fit: { method: 'temperature' | 'platt' | 'isotonic' } } | null
  before: Reliability | null
  after: Reliability | null
  margin: { alpha: number; by: number; patients: number; boxes: number } | null
  held: number | null
}
export interface Calibration { version: number; parts: Part[] }
export const CALIBRATION_FILE = 'calibration.json'
const VERSION = 1

export const readCalibration = (told: unknown): Calibration | null => {
  const found = told as Calibration | null
  return found?.version === VERSION ? found : null
}
