// The server's PNG files as numbers, deep ones too, which a browser's own decoder narrows to 8 bits.
import { decode } from 'fast-png'
import type { Raster } from './levels'

// fast-png stays at version 6: 8.0.0 gave four wrong rows of a right 512 × 420 16-bit file, without an error.
export function decodeRaster(png: ArrayBuffer): Raster {
  const { width, height, channels, depth, data } = decode(png)
  if ((channels !== 1 && channels !== 3) || (depth !== 8 && depth !== 16)) throw new Error('the server sent pixels of an unknown kind')
  return { width, height, channels, bits: depth, data: data as Uint8Array | Uint16Array }
}
