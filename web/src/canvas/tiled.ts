// A picture that is brought tile by tile: a whole-slide image at several sizes.
import type { Raster } from './levels'

export interface TileLevel {
  width: number
  height: number
  tile_width: number
  tile_height: number
}
export interface Tiled {
  // Of the finest level, in whose pixels boxes are.
  width: number
  height: number
  // The finest first.
  levels: readonly TileLevel[]
  urlOf(level: number, column: number, row: number): string
}
export type Picture = Raster | Tiled

export const isTiled = (picture: Picture): picture is Tiled => 'urlOf' in picture
