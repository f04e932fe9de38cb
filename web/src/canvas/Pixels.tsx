// The picture itself. Painted together with what lies above it, never a frame later.
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { Size, View } from '../model/geometry'
import { lookup, type Levels, type Raster, type Window } from './levels'
import { painterOf, type Painter } from './painter'

interface Props {
  raster: Raster
  // Which image and frame this is, for whoever waits until it can be seen.
  name: string
  levels: Levels
  window: Window
  inverted: boolean
  view: View
  screen: Size
}

export function Pixels({ raster, name, levels, window, inverted, view, screen }: Props) {
  const [software, setSoftware] = useState(false)
  const canvas = useRef<HTMLCanvasElement>(null)
  const painter = useRef<Painter | null>(null)
  const table = useMemo(() => lookup(raster.bits, levels, window, inverted), [raster.bits, levels, window, inverted])
  const ratio = globalThis.devicePixelRatio || 1
  const [width, height] = [Math.round(screen.width * ratio), Math.round(screen.height * ratio)]
  const hold = useCallback((element: HTMLCanvasElement | null) => {
    canvas.current = element
    painter.current = null
    element?.addEventListener('webglcontextlost', () => setSoftware(true))
  }, [])
  useLayoutEffect(() => {
    const element = canvas.current
    if (!element) return
    painter.current ??= painterOf(element, software)
    const seen = { zoom: view.zoom * ratio, x: view.x * ratio, y: view.y * ratio }
    const painted = painter.current?.paint({ raster, table, view: seen, screen: { width, height } })
    if (painted) Object.assign(element.dataset, { shown: name, painter: painter.current?.kind })
    // Too large for the GPU, or it was lost: a canvas that was the GPU's can never be the processor's.
    else if (!software) setSoftware(true)
  }, [raster, name, table, view, width, height, ratio, software])
  return (
    <canvas
      key={software ? '2d' : 'any'}
      ref={hold}
      data-testid="pixels"
      width={width}
      height={height}
      style={{ position: 'absolute', inset: 0, width: screen.width, height: screen.height }}
      aria-hidden
    />
  )
}
