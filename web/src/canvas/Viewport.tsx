// The image and the boxes on it. Pixels on a canvas, boxes in an SVG above it, one mapping for both.
import { useEffect, useLayoutEffect, useRef, useState, type PointerEvent, type ReactNode, type WheelEvent } from 'react'
import { fit, HANDLES, moved, resized, spanned, toImage, toScreen, zoomAt, type Box, type Point, type Size, type View } from '../model/geometry'
import { clicked, gripAt, handlePoint, STILL, type Grip } from '../model/grip'
import { commandOf, type Plain } from '../model/keys'
import { labelSpot, LABEL_HEIGHT, widthOf, type Rect } from '../model/label'
import { paint, type Raster, type Window } from './levels'

export interface Drawn {
  id: string
  bbox: Box
  name: string
  kind: 'region' | 'suggestion'
}
interface Props {
  raster: Raster
  window: Window
  inverted: boolean
  boxes: readonly Drawn[]
  selected: string | null
  // The suggestion that the keys decide about.
  offered: string | null
  // Whether keys that write a character are in use.
  letters: boolean
  // Whether a box is drawn by its two corners, one click each.
  twoClicks: boolean
  label: string
  // A number that changes when the image is to be fitted again.
  fitAt: number
  onSelect(id: string | null): void
  onDraw(box: Box): void
  onPlace(id: string, box: Box, gesture: string): void
  onSettle(): void
  onWindow(window: Window): void
}
// Live once it went further than a click's tremor.
interface Edit {
  kind: 'edit'
  id: string
  grip: Grip
  from: Point
  bbox: Box
  gesture: string
  live: boolean
}
type Drag =
  | { kind: 'draw'; from: Point; to: Point }
  // Between the two clicks.
  | { kind: 'corner'; from: Point; to: Point }
  | Edit
  | { kind: 'pan'; from: Point; view: View }
  | { kind: 'window'; from: Point; window: Window }
  // Two fingers: what lay between them stays between them.
  | { kind: 'pinch'; apart: number; between: Point; view: View }

const REGION = '#5ce1e6'
const CHOSEN = '#ffd43b'
const SUGGESTED = '#ff9bd2'
const LABEL_SIZE = 13
// What a key multiplies the zoom by; null is one image pixel on one screen pixel.
const ZOOMS: Partial<Record<Plain, number | null>> = { zoomIn: 1.25, zoomOut: 0.8, actual: null }

export function Viewport(props: Props) {
  const { raster, boxes, selected, letters } = props
  const frame = useRef<HTMLDivElement>(null)
  const [screen, setScreen] = useState<Size | null>(null)
  const [view, setView] = useState<View | null>(null)
  const [drag, setDrag] = useState<Drag | null>(null)
  const fingers = useRef(new Map<number, Point>())
  const [space, setSpace] = useState(false)
  const [cursor, setCursor] = useState('crosshair')
  const chosen = boxes.find((box) => box.id === selected)
  const editable = chosen?.kind === 'region' ? chosen : undefined

  useLayoutEffect(() => {
    const element = frame.current
    if (!element) return
    // Whole CSS pixels, so that canvas and overlay never lie a fraction apart.
    const measure = () => setScreen({ width: Math.floor(element.clientWidth), height: Math.floor(element.clientHeight) })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => {
    if (screen && screen.width > 0) setView(fit(raster, screen))
  }, [screen, raster, props.fitAt])
  useEffect(() => {
    const hold = (down: boolean) => (event: KeyboardEvent) => {
      if (event.code === 'Space' && !isField(event.target)) {
        setSpace(down)
        event.preventDefault()
      }
    }
    const [press, lift] = [hold(true), hold(false)]
    window.addEventListener('keydown', press)
    window.addEventListener('keyup', lift)
    return () => {
      window.removeEventListener('keydown', press)
      window.removeEventListener('keyup', lift)
    }
  }, [])

  useEffect(() => {
    if (!screen || !letters) return
    const middle = { x: screen.width / 2, y: screen.height / 2 }
    const press = (event: KeyboardEvent) => {
      if (event.isComposing || isField(event.target)) return
      const command = commandOf(event, 'page', letters)
      const factor = command === null || command === 'held' || command.kind === 'nudge' ? undefined : ZOOMS[command.kind]
      if (factor !== undefined) setView((now) => now && zoomAt(now, middle, factor ?? 1 / now.zoom))
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [screen, letters])

  const at = (event: { clientX: number; clientY: number }): Point => {
    const edge = frame.current?.getBoundingClientRect()
    return { x: event.clientX - (edge?.left ?? 0), y: event.clientY - (edge?.top ?? 0) }
  }
  const wheel = (event: WheelEvent) => view && setView(zoomAt(view, at(event), Math.exp(-event.deltaY / 400)))

  const press = (event: PointerEvent) => {
    if (!view) return
    const point = at(event)
    event.currentTarget.setPointerCapture(event.pointerId)
    if (event.pointerType === 'touch') fingers.current.set(event.pointerId, point)
    const two = pinched(fingers.current)
    if (two) setDrag({ kind: 'pinch', ...two, view })
    else if (event.button === 2) setDrag({ kind: 'window', from: point, window: props.window })
    else if (event.button === 1 || space) setDrag({ kind: 'pan', from: point, view })
    else if (event.button === 0 && props.twoClicks) corner(toImage(view, point))
    else if (event.button === 0) setDrag(grab(event, toImage(view, point)))
  }
  const corner = (point: Point) => {
    const box = drag?.kind === 'corner' ? spanned(drag.from, point, raster) : null
    setDrag(box ? null : { kind: 'corner', from: point, to: point })
    if (box) props.onDraw(box)
  }
  const grab = (event: PointerEvent, point: Point): Drag => {
    const grip = editable && view && gripAt(editable.bbox, point, view.zoom)
    if (!editable || !grip) return { kind: 'draw', from: point, to: point }
    return { kind: 'edit', id: editable.id, grip, from: point, bbox: editable.bbox, gesture: `${event.pointerId}/${event.timeStamp}`, live: false }
  }
  const far = (from: Point, to: Point) => Math.hypot(to.x - from.x, to.y - from.y) * (view?.zoom ?? 1) > STILL
  const place = ({ id, grip, bbox, from, gesture }: Edit, to: Point) => {
    const [dx, dy] = [to.x - from.x, to.y - from.y]
    props.onPlace(id, grip.kind === 'move' ? moved(bbox, dx, dy, raster) : resized(bbox, grip.handle, dx, dy, raster), gesture)
  }
  const move = (event: PointerEvent) => {
    if (!view) return
    const point = at(event)
    const image = toImage(view, point)
    if (fingers.current.has(event.pointerId)) fingers.current.set(event.pointerId, point)
    if (!drag) return setCursor(cursorOf(editable ? gripAt(editable.bbox, image, view.zoom) : null))
    switch (drag.kind) {
      case 'draw':
      case 'corner':
        return setDrag({ ...drag, to: image })
      case 'pinch': {
        const two = pinched(fingers.current)
        if (!two) return
        const zoomed = zoomAt(drag.view, drag.between, two.apart / drag.apart)
        return setView({ ...zoomed, x: zoomed.x + two.between.x - drag.between.x, y: zoomed.y + two.between.y - drag.between.y })
      }
      case 'edit':
        if (!drag.live && !far(drag.from, image)) return
        setDrag({ ...drag, live: true })
        return place(drag, image)
      case 'pan':
        return setView({ ...drag.view, x: drag.view.x + point.x - drag.from.x, y: drag.view.y + point.y - drag.from.y })
      case 'window': {
        const scale = Math.max(drag.window.width / 300, 0.25)
        const width = Math.max(1, drag.window.width + (point.x - drag.from.x) * scale)
        return props.onWindow({ width, center: drag.window.center + (point.y - drag.from.y) * scale })
      }
    }
  }
  // The last movement may not have been painted yet, so where the pointer was lifted counts.
  const lift = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId)
    // The first corner stays until the second one is clicked.
    if (drag?.kind === 'corner' && props.twoClicks) return
    setDrag(null)
    if (!drag || !view) return
    const to = toImage(view, at(event))
    if (drag.kind === 'draw') drawn(drag.from, to)
    if (drag.kind === 'edit' && (drag.live || far(drag.from, to))) place(drag, to)
    // A click on a handle keeps its box; one on the border may mean another box there.
    else if (drag.kind === 'edit' && drag.grip.kind === 'move') choose(drag.from, drag.id)
    props.onSettle()
  }
  const drawn = (from: Point, to: Point) => {
    if (!far(from, to)) return choose(from, null)
    const box = spanned(from, to, raster)
    if (box) props.onDraw(box)
  }
  const choose = (point: Point, otherwise: string | null) => props.onSelect(clicked(boxes, selected, point, view?.zoom ?? 1) ?? otherwise)
  const cancel = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId)
    setDrag(null)
    props.onSettle()
  }

  const shown = drag?.kind === 'draw' || (drag?.kind === 'corner' && props.twoClicks)
  const growing = shown ? spanned(drag.from, drag.to, raster) : null
  const shapes = view ? boxes.map((box) => rect(box.bbox, view)) : []
  return (
    <div
      ref={frame}
      role="group"
      aria-label={props.label}
      data-testid="viewport"
      data-zoom={view?.zoom}
      data-x={view?.x}
      data-y={view?.y}
      // A name on the image that were selected would be dragged away as text in the middle of drawing.
      style={{ position: 'absolute', inset: 0, overflow: 'hidden', background: '#000', touchAction: 'none', userSelect: 'none', cursor: space ? 'grab' : cursor }}
      onWheel={wheel}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={lift}
      onPointerCancel={cancel}
      onContextMenu={(event) => event.preventDefault()}
    >
      {view && screen && (
        <>
          <Pixels raster={raster} window={props.window} inverted={props.inverted} view={view} screen={screen} />
          <svg width={screen.width} height={screen.height} style={{ position: 'absolute', inset: 0 }}>
            {boxes.map((box) => (
              <BoxShape key={box.id} box={box} view={view} chosen={box.id === selected} offered={box.id === props.offered} screen={screen} shapes={shapes} onSelect={props.onSelect} />
            ))}
            {editable && <Handles bbox={editable.bbox} view={view} />}
            {growing && <Outline bbox={growing} view={view} colour={CHOSEN} dashed={false} />}
          </svg>
        </>
      )}
    </div>
  )
}

function Pixels({ raster, window, inverted, view, screen }: { raster: Raster; window: Window; inverted: boolean; view: View; screen: Size }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [source, setSource] = useState<OffscreenCanvas | null>(null)
  useEffect(() => {
    const whole = new OffscreenCanvas(raster.width, raster.height)
    const context = whole.getContext('2d')
    if (!context) return
    const pixels = context.createImageData(raster.width, raster.height)
    paint(raster, window, inverted, pixels.data)
    context.putImageData(pixels, 0, 0)
    setSource(whole)
  }, [raster, window, inverted])
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context || !source) return
    const ratio = globalThis.devicePixelRatio || 1
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, screen.width, screen.height)
    // Magnified pixels are shown as they are; blurring them would invent structure.
    context.imageSmoothingEnabled = view.zoom < 2
    context.drawImage(source, view.x, view.y, raster.width * view.zoom, raster.height * view.zoom)
  }, [source, view, screen, raster])
  const ratio = globalThis.devicePixelRatio || 1
  return (
    <canvas
      ref={canvas}
      width={screen.width * ratio}
      height={screen.height * ratio}
      style={{ position: 'absolute', inset: 0, width: screen.width, height: screen.height }}
      aria-hidden
    />
  )
}

// How far two fingers are apart, and the point between them; null for fewer or more.
function pinched(fingers: ReadonlyMap<number, Point>): { apart: number; between: Point } | null {
  const [a, b, more] = [...fingers.values()]
  if (!a || !b || more) return null
  return { apart: Math.max(1, Math.hypot(b.x - a.x, b.y - a.y)), between: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } }
}

// Whether the space bar means something there already.
function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, button, a, [contenteditable]')
}

function rect(bbox: Box, view: View): Rect {
  const a = toScreen(view, { x: bbox[0], y: bbox[1] })
  return { x: a.x, y: a.y, width: (bbox[2] - bbox[0]) * view.zoom, height: (bbox[3] - bbox[1]) * view.zoom }
}

function Outline({ bbox, view, colour, dashed }: { bbox: Box; view: View; colour: string; dashed: boolean }) {
  const shape = rect(bbox, view)
  // A dark line under the coloured one keeps it visible on white.
  return (
    <g pointerEvents="none" fill="none">
      <rect {...shape} stroke="#000" strokeWidth={4} opacity={0.6} />
      <rect {...shape} stroke={colour} strokeWidth={2} strokeDasharray={dashed ? '7 5' : undefined} />
    </g>
  )
}

interface ShapeProps {
  box: Drawn
  view: View
  chosen: boolean
  offered: boolean
  screen: Size
  // All boxes on the screen: a name covers none of them.
  shapes: readonly Rect[]
  onSelect(id: string): void
}

function BoxShape({ box, view, chosen, offered, screen, shapes, onSelect }: ShapeProps) {
  const shape = rect(box.bbox, view)
  const colour = chosen || offered ? CHOSEN : box.kind === 'suggestion' ? SUGGESTED : REGION
  const spot = labelSpot(shape, widthOf(box.name, LABEL_SIZE), screen, shapes)
  return (
    <g pointerEvents="none">
      {/* The pointer is read by the viewport; this is where the keyboard and a screen reader find the box. */}
      <rect
        {...shape}
        data-testid={`${box.kind}-box`}
        fill="transparent"
        tabIndex={0}
        role="button"
        aria-label={box.name}
        aria-pressed={chosen}
        onFocus={() => onSelect(box.id)}
        onClick={() => onSelect(box.id)}
      />
      <Outline bbox={box.bbox} view={view} colour={colour} dashed={box.kind === 'suggestion'} />
      {spot && <Label x={spot.x} y={spot.y + LABEL_HEIGHT - 5} colour={colour}>{box.name}</Label>}
    </g>
  )
}

function Handles({ bbox, view }: { bbox: Box; view: View }) {
  return (
    <g pointerEvents="none" fill={CHOSEN} stroke="#000">
      {HANDLES.map((handle) => {
        const { x, y } = toScreen(view, handlePoint(bbox, handle))
        return <rect key={`${handle.x}/${handle.y}`} x={x - 4} y={y - 4} width={8} height={8} />
      })}
    </g>
  )
}

function cursorOf(grip: Grip | null): string {
  if (!grip) return 'crosshair'
  if (grip.kind === 'move') return 'move'
  const { x, y } = grip.handle
  if (x === 0) return 'ns-resize'
  if (y === 0) return 'ew-resize'
  return x === y ? 'nwse-resize' : 'nesw-resize'
}

function Label({ x, y, colour, children }: { x: number; y: number; colour: string; children: ReactNode }) {
  return (
    <text x={x} y={y} fill={colour} stroke="#000" strokeWidth={3} paintOrder="stroke" fontSize={LABEL_SIZE} pointerEvents="none">
      {children}
    </text>
  )
}
