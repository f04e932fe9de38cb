// What an evaluation's tables and figures are made of, without a page around it.
export const MEASURES = ['accuracy', 'mean_iou', 'region_f1'] as const

// What is needed here of a score as the server tells it.
interface Scored {
  value: number
  interval?: readonly number[] | null
}

// How often a concept was named for another; no name is one that is no concept's.
interface Confused {
  lang: string
  truth: string
  named?: string | null
  count: number
}

// A score with its interval, as it is written: 0.750 (0.612–0.861).
export function written(score: Scored | null | undefined): string {
  if (!score) return '–'
  const { value, interval } = score
  return interval ? `${value.toFixed(3)} (${interval.map((end) => end.toFixed(3)).join('–')})` : value.toFixed(3)
}

// --- Which concept was taken for which ---

export interface Matrix {
  // The keys of the concepts that are true, and of those that were named; null names none.
  truths: string[]
  named: (string | null)[]
  // How often, by row and column.
  counts: number[][]
  // How many there are in each row.
  sums: number[]
}

// One language's matrix. Rows and columns stand in the same order, so that what is right lies on the diagonal.
export function matrixOf(confusion: readonly Confused[], lang: string): Matrix {
  const cells = confusion.filter((cell) => cell.lang === lang)
  const truths = [...new Set(cells.map(({ truth }) => truth))].sort()
  const others = [...new Set(cells.flatMap(({ named }) => (named == null || truths.includes(named) ? [] : [named])))].sort()
  const none = cells.some(({ named }) => named == null) ? [null] : []
  const named = [...truths, ...others, ...none]
  const count = (truth: string, key: string | null) => cells.filter((cell) => cell.truth === truth && (cell.named ?? null) === key).reduce((sum, cell) => sum + cell.count, 0)
  const counts = truths.map((truth) => named.map((key) => count(truth, key)))
  return { truths, named, counts, sums: counts.map((row) => row.reduce((sum, n) => sum + n, 0)) }
}

const CELL = 34
const LEFT = 150
const TOP = 130
const escaped = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
// The same as a picture. What is said by a shade is said by the number in it too.
export function matrixPicture({ truths, named, counts, sums }: Matrix, nameOf: (key: string | null) => string, title: string): string {
  const [width, height] = [LEFT + CELL * named.length + 20, TOP + CELL * truths.length + 20]
  const across = named.map((key, column) => `<text transform="translate(${LEFT + CELL * column + CELL / 2 + 4} ${TOP - 8}) rotate(-50)">${escaped(nameOf(key))}</text>`)
  const down = truths.map((key, row) => `<text x="${LEFT - 8}" y="${TOP + CELL * row + CELL / 2 + 4}" text-anchor="end">${escaped(nameOf(key))}</text>`)
  const cells = counts.flatMap((row, r) => row.map((count, c) => {
    const [x, y, share] = [LEFT + CELL * c, TOP + CELL * r, count / Math.max(1, sums[r] ?? 0)]
    const right = truths[r] === named[c] ? ' stroke="#ffd43b" stroke-width="2"' : ' stroke="#373a40"'
    const text = count > 0 ? `<text x="${x + CELL / 2}" y="${y + CELL / 2 + 4}" text-anchor="middle" fill="${share > 0.5 ? '#1a1b1e' : '#f1f3f5'}">${count}</text>` : ''
    return `<rect x="${x}" y="${y}" width="${CELL - 2}" height="${CELL - 2}" fill="#5ce1e6" fill-opacity="${share.toFixed(3)}"${right}/>${text}`
  }))
  const body = [`<rect width="${width}" height="${height}" fill="#1a1b1e"/>`, `<text x="10" y="20" font-size="14">${escaped(title)}</text>`, ...across, ...down, ...cells]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" fill="#c1c2c5">${body.join('')}</svg>`
}

// --- Tables as files ---

export type Cell = string | number | null | undefined
// Comma-separated values (RFC 4180). What a spreadsheet would take for a formula is kept a text by a leading apostrophe.
export function csv(rows: readonly (readonly Cell[])[]): string {
  const field = (cell: Cell) => {
    if (typeof cell === 'number') return String(cell)
    const text = /^[=+\-@\t\r]/.test(cell ?? '') ? `'${cell ?? ''}` : (cell ?? '')
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('')
}
// A score as three cells: value, lower and upper limit.
export const cells = (score: Scored | null | undefined): Cell[] => [score?.value, score?.interval?.[0], score?.interval?.[1]]
