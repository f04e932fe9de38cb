// Decoded frames around the one that is looked at: fetched nearest first, forgotten farthest first.
import type { Raster } from '../canvas/levels'
import { nameOf, type Slice } from '../model/stack'

type Load = (slice: Slice, signal: AbortSignal) => Promise<Raster>

// How far ahead, to both sides, frames are fetched.
const REACH = 8
const AT_ONCE = 3
// What decoded frames may take: 256 slices of a CT, or the reach of a 2k × 2k radiograph.
const MOST_BYTES = 160 << 20

export class Frames {
  private readonly kept = new Map<string, Raster>()
  private readonly coming = new Map<string, AbortController>()
  private readonly failed = new Map<string, Error>()
  // Nearest first.
  private wanted: readonly Slice[] = []
  // Whether a frame that was wanted had no room: fetching it again would push it out again.
  private full = false

  constructor(
    private readonly load: Load,
    private readonly told: () => void,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  keep(slice: Slice, raster: Raster): void {
    this.kept.set(nameOf(slice), raster)
  }

  at(slice: Slice): Raster | undefined {
    return this.kept.get(nameOf(slice))
  }

  // Why a frame is not there, once that is known.
  fault(slice: Slice): Error | undefined {
    return this.failed.get(nameOf(slice))
  }

  // From now on the frame at this place of the stack is looked at: what is too far from it is no longer fetched.
  want(stack: readonly Slice[], at: number): void {
    this.wanted = around(stack, at)
    this.failed.clear()
    this.full = false
    const names = new Set(this.wanted.map(nameOf))
    for (const [name, stop] of this.coming) if (!names.has(name)) stop.abort()
    this.fetchMore()
  }

  // Nothing more is fetched or told.
  close(): void {
    this.wanted = []
    for (const stop of this.coming.values()) stop.abort()
  }

  private fetchMore(): void {
    for (const slice of this.wanted) {
      if (this.full || this.coming.size >= AT_ONCE || !this.hasRoom(slice)) return
      const name = nameOf(slice)
      if (!this.kept.has(name) && !this.coming.has(name) && !this.failed.has(name)) void this.fetch(slice)
    }
  }

  private async fetch(slice: Slice): Promise<void> {
    const [name, stop] = [nameOf(slice), new AbortController()]
    this.coming.set(name, stop)
    try {
      const raster = await this.load(slice, stop.signal)
      if (!stop.signal.aborted) this.kept.set(name, raster)
    } catch (error) {
      if (!stop.signal.aborted) this.failed.set(name, error instanceof Error ? error : new Error(String(error)))
    }
    this.coming.delete(name)
    if (this.wanted.length === 0) return
    this.forget()
    if (!stop.signal.aborted) this.told()
    this.fetchMore()
  }

  // Whether a frame that is not kept yet would stay, if it is as large as the one that is looked at.
  private hasRoom(slice: Slice): boolean {
    const nearer = this.wanted.slice(0, this.wanted.indexOf(slice))
    const bytes = nearer.map((other) => this.at(other)?.data.byteLength ?? 0)
    return nearer.length === 0 || bytes.reduce((sum, one) => sum + one, bytes[0] ?? 0) <= this.mostBytes
  }

  private forget(): void {
    const rank = new Map(this.wanted.map((slice, index) => [nameOf(slice), index]))
    const nearestFirst = [...this.kept].sort(([a], [b]) => (rank.get(a) ?? Infinity) - (rank.get(b) ?? Infinity) || 0)
    let bytes = 0
    nearestFirst.forEach(([name, { data }], index) => {
      bytes += data.byteLength
      if (index === 0 || bytes <= this.mostBytes) return
      this.kept.delete(name)
      this.full ||= rank.has(name)
    })
  }
}

function around(stack: readonly Slice[], at: number): Slice[] {
  const places = [at]
  for (let step = 1; step <= REACH; step += 1) places.push(at + step, at - step)
  return places.flatMap((place) => stack[place] ?? [])
}
