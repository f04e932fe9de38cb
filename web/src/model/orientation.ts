// Where the edges of a picture lead in the body. A letter stands only where the file says so.

export interface Edges {
  left: string
  right: string
  top: string
  bottom: string
}
interface Said {
  // DICOM's ImageOrientationPatient: unit vectors along a row and along a column, x to the left, y to the back, z to the head.
  orientation?: readonly number[] | null
  // DICOM's PatientOrientation: where rows and columns lead, in letters.
  directions?: readonly string[] | null
}
// A direction counts from about 17° off the plane at a right angle to it.
const LEAST = 0.3
const AWAY: Record<string, string> = { L: 'R', R: 'L', A: 'P', P: 'A', H: 'F', F: 'H' }

export function edgesOf({ orientation, directions }: Said): Edges | null {
  const [row, column] = orientation ? [letters(orientation.slice(0, 3)), letters(orientation.slice(3, 6))] : (directions ?? [])
  return row && column ? { right: row, left: opposite(row), bottom: column, top: opposite(column) } : null
}

// The letters of a vector, the nearest axis first.
function letters(vector: readonly number[]): string {
  const axes = [['L', 'R'], ['P', 'A'], ['H', 'F']] as const
  return vector
    .map((along, axis) => ({ letter: axes[axis]?.[along > 0 ? 0 : 1] ?? '', size: Math.abs(along) }))
    .filter(({ size }) => size >= LEAST)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join('')
}

const opposite = (way: string) => [...way].map((letter) => AWAY[letter] ?? '').join('')
