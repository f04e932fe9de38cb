// A worker that decodes, so that the page stays quick while frames come in.
import type { Raster } from './levels'
import { decodeRaster } from './png'

export type Answer = { raster: Raster } | { error: string }

self.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
  try {
    const raster = decodeRaster(data)
    self.postMessage({ raster } satisfies Answer, { transfer: [raster.data.buffer] })
  } catch (error) {
    self.postMessage({ error: String(error) } satisfies Answer)
  }
}
