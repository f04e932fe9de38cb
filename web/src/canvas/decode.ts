// Decoding off the page's thread: one file at a time, those that nobody waits for any more left out.
import type { Answer } from './decoder'
import type { Raster } from './levels'

interface Job {
  png: ArrayBuffer
  signal: AbortSignal | undefined
  done(raster: Raster): void
  failed(error: Error): void
}
let worker: Worker | null = null
let running: Job | null = null
const waiting: Job[] = []

export function decoded(png: ArrayBuffer, signal?: AbortSignal): Promise<Raster> {
  return new Promise((done, failed) => {
    waiting.push({ png, signal, done, failed })
    next()
  })
}

function next(): void {
  if (running) return
  running = waiting.shift() ?? null
  if (!running) return
  if (running.signal?.aborted) return end((job) => job.failed(new DOMException('nobody waits for this frame', 'AbortError')))
  worker ??= started()
  worker.postMessage(running.png, [running.png])
}

function started(): Worker {
  const fresh = new Worker(new URL('./decoder.ts', import.meta.url), { type: 'module' })
  fresh.onmessage = ({ data }: MessageEvent<Answer>) => {
    end((job) => ('raster' in data ? job.done(data.raster) : job.failed(new Error(data.error))))
  }
  fresh.onerror = (event) => {
    worker = null
    end((job) => job.failed(new Error(`pixels could not be decoded: ${event.message}`)))
  }
  return fresh
}

function end(tell: (job: Job) => void): void {
  const job = running
  running = null
  if (job) tell(job)
  next()
}
