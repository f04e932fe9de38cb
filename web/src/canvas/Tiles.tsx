// The picture of a slide. OpenSeadragon fetches, keeps and paints its tiles; where the picture lies is told by the viewport, which
// has the pointer, the keys and the boxes as on every other image.
import type Seadragon from 'openseadragon'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Size, View } from '../model/geometry'
import { PLAIN_FROM } from './sample'
import type { Tiled } from './tiled'

interface Props {
  tiled: Tiled
  // Which image this is, for whoever waits until it can be seen.
  name: string
  view: View
  screen: Size
  // The coarsest level that is on the screen.
  onShown(level: number): void
}
interface Opened {
  seadragon: typeof Seadragon
  viewer: Seadragon.Viewer
}
// How small on the screen a pixel of a level may be: just so small that no level has to be stretched, since scanners store every
// second or fourth size; but not smaller, for a finer level has many times the tiles.
const SMALLEST = 0.25
const AT_ONCE = 8
// Tiles of 256 × 256 take a quarter of a megabyte each.
const MOST_KEPT = 400

export function Tiles({ tiled, name, view, screen, onShown }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const [opened, setOpened] = useState<Opened | null>(null)
  const [fault, setFault] = useState<Error | null>(null)
  const [level, setLevel] = useState<number | null>(null)
  const tell = useRef(onShown)
  useLayoutEffect(() => {
    tell.current = onShown
  })
  useEffect(() => {
    let viewer: Seadragon.Viewer | null = null
    let gone = false
    const shown = (tiles: readonly { level: number }[]) => {
      const coarsest = tiled.levels.length - 1 - Math.min(...tiles.map((tile) => tile.level))
      setLevel(coarsest)
      tell.current(coarsest)
    }
    import('openseadragon').then(
      ({ default: seadragon }) => {
        if (gone || !place.current) return
        viewer = open(seadragon, place.current, tiled)
        viewer.addHandler('tiled-image-drawn', ({ tiles }) => shown(tiles as unknown as { level: number }[]))
        viewer.addOnceHandler('open', () => viewer && setOpened({ seadragon, viewer }))
      },
      (error: unknown) => setFault(error as Error),
    )
    return () => {
      gone = true
      setOpened(null)
      viewer?.destroy()
    }
  }, [tiled])
  useLayoutEffect(() => {
    if (opened) look(opened, tiled, view, screen)
  }, [opened, tiled, view, screen])
  if (fault) throw fault
  return (
    <div
      ref={place}
      data-testid="tiles"
      data-shown={level === null ? undefined : name}
      data-level={level ?? undefined}
      style={{ position: 'absolute', left: 0, top: 0, width: screen.width, height: screen.height, pointerEvents: 'none' }}
      aria-hidden
    />
  )
}

function open(seadragon: typeof Seadragon, element: HTMLElement, tiled: Tiled): Seadragon.Viewer {
  return seadragon({
    element,
    tileSources: [sourceOf(seadragon, tiled)],
    drawer: 'canvas',
    mouseNavEnabled: false,
    keyboardNavEnabled: false,
    showNavigationControl: false,
    tabIndex: -1,
    autoResize: false,
    preserveViewport: true,
    animationTime: 0,
    visibilityRatio: 0,
    minPixelRatio: Math.max(SMALLEST, 1 / gapOf(tiled)),
    smoothTileEdgesMinZoom: Infinity,
    imageLoaderLimit: AT_ONCE,
    maxTilesPerFrame: AT_ONCE,
    maxImageCacheCount: MOST_KEPT,
    tileRetryMax: 3,
  })
}

// How many times larger a level is than the next one, at the most.
const gapOf = ({ levels }: Tiled) => Math.max(1, ...levels.slice(1).map(({ width }, index) => (levels[index]?.width ?? width) / width))

// Levels are counted from the coarsest there, and their sizes need not be halves.
function sourceOf(seadragon: typeof Seadragon, { width, height, levels, urlOf }: Tiled): Seadragon.TileSource {
  const last = levels.length - 1
  const of = (level: number) => levels[last - level] ?? { width, height, tile_width: width, tile_height: height }
  const source = new seadragon.TileSource({ width, height, minLevel: 0, maxLevel: last })
  return Object.assign(source, {
    getLevelScale: (level: number) => of(level).width / width,
    getTileWidth: (level: number) => of(level).tile_width,
    getTileHeight: (level: number) => of(level).tile_height,
    getNumTiles: (level: number) => {
      const { width: across, height: down, tile_width, tile_height } = of(level)
      // The height that the width implies may be a fraction of a pixel less than the level's own.
      const rows = Math.ceil(Math.min(down, (height * across) / width) / tile_height - 1e-9)
      return new seadragon.Point(Math.ceil(across / tile_width), Math.max(rows, 1))
    },
    getTileUrl: (level: number, column: number, row: number) => urlOf(last - level, column, row),
  })
}

// Lengths there are in widths of the picture.
function look({ seadragon, viewer }: Opened, { width }: Tiled, { zoom, x, y }: View, screen: Size): void {
  const size = new seadragon.Point(screen.width, screen.height)
  if (!viewer.viewport.getContainerSize().equals(size)) viewer.viewport.resize(size)
  const unit = zoom * width
  viewer.viewport.fitBounds(new seadragon.Rect(-x / unit, -y / unit, screen.width / unit, screen.height / unit), true)
  viewer.drawer.setImageSmoothingEnabled(zoom * (globalThis.devicePixelRatio || 1) < PLAIN_FROM)
  viewer.forceRedraw()
}
