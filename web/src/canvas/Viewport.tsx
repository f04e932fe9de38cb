// The image and what lies on it. Pixels on a canvas, boxes in an SVG above it, one mapping for both.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type PointerEvent, type ReactNode } from 'react'
import { actual, fit, lookOf, lowestZoom, moved, resized, spanned, toImage, viewOf, zoomAt, type Box, type Look, type Point, type Size, type View } from '../model/geometry'
import { clicked, clickedBorder, gripAt, STILL, type Grip } from '../model/grip'
import { commandOf, type Plain } from '../model/keys'
import { LABEL_HEIGHT, labelSpot, widthOf } from '../model/label'
import type { Edges } from '../model/orientation'
import { BoxShape, CHOSEN, EdgeLetters, edgeRects, Handles, LABEL_SIZE, Line, Outer, Outline, ScaleBar, shapeOf, type Drawn } from './Boxes'
import type { Levels, Window } from './levels'
import { Pixels } from './Pixels'
import { isTiled, type Picture } from './tiled'
import { Tiles } from './Tiles'

// What the left button does: draws and changes boxes, measures, or only moves the image about.
export type Tool = 'draw' | 'measure' | 'look'
// What to fit the image to; another `at` asks for it again.
export interface Fitting {
  to: 'screen' | 'pixels'
  at: number
}
interface Props {
  raster: Picture
  // Which image and frame the raster is.
  name: string
  levels: Levels
  window: Window
  inverted: boolean
  tool: Tool
  boxes: readonly Drawn[]
  selected: string | null
  // The suggestion that the keys decide about.
  offered: string | null
  // Drawn around the offered one.
  outer?: Box | null
  // Whether keys that write a character are in use.
  letters: boolean
  // Whether names stand beside the boxes.
  names: boolean
  // Whether a box is drawn by its two corners, one click each.
  twoClicks?: boolean
  label: string
  testId: string
  fitting: Fitting
  edges: Edges | null
  // Where the view is told from elsewhere.
  look?: Look | null
  lengthOf(from: Point, to: Point): string
  // A bar of a known length, given how many CSS pixels an image pixel takes.
  scale?(zoom: number): { length: number; text: string }
  // What is written in the corner, given how many screen pixels an image pixel takes, and which level of a slide is on the screen.
  caption(zoom: number, level: number | null): ReactNode
  onSelect(id: string | null): void
  onDraw(box: Box): void
  onPlace(id: string, box: Box, gesture: string): void
  onSettle(): void
  onWindow(window: Window): void
  // Where the wheel goes through frames; elsewhere it zooms.
  onScroll?(by: number): void
  onLook?(look: Look): void
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
// A measured line; pending while its second end is looked for without the button held.
interface Ruler {
  from: Point
  to: Point
  pending: boolean
  name: string
}
interface Stretch {
  from: Point
  to: Point
}
type Drag =
  | ({ kind: 'draw' } & Stretch)
  | Edit
  | { kind: 'measure' }
  | { kind: 'pan'; from: Point; view: View }
  | { kind: 'window'; from: Point; window: Window }
  // Two fingers: what lay between them stays between them.
  | { kind: 'pinch'; apart: number; between: Point; view: View }

// What a key multiplies the zoom by; null is one image pixel on one screen pixel.
const ZOOMS: Partial<Record<Plain, number | null>> = { zoomIn: 1.25, zoomOut: 0.8, actual: null }
// Wheel movement, in CSS pixels, for one frame: less than a notch of any mouse, more than a touch pad's tremor.
const FRAME_STEP = 50
const LINE_HEIGHT = 16

export function Viewport(props: Props) {
  const { raster, boxes, selected, letters, name, tool } = props
  const frame = useRef<HTMLDivElement>(null)
  const [screen, setScreen] = useState<Size | null>(null)
  const [own, setView] = useState<View | null>(null)
  const [drag, setDrag] = useState<Drag | null>(null)
  // Between the two clicks, whatever is dragged or pinched meanwhile.
  const [corner, setCorner] = useState<Stretch | null>(null)
  // A finger that may be about to click: it is known when it is lifted, for a second one would make it a pinch.
  const tap = useRef<{ finger: number; from: Point } | null>(null)
  const fingers = useRef(new Map<number, Point>())
  const [ruler, setRuler] = useState<Ruler | null>(null)
  const [space, setSpace] = useState(false)
  const [cursor, setCursor] = useState('crosshair')
  const [level, setLevel] = useState<number | null>(null)
  const view = props.look && screen && own ? viewOf(props.look, raster, screen) : own
  const chosen = boxes.find((box) => box.id === selected)
  const choosable = useMemo(() => boxes.filter(({ kind }) => kind !== 'answer'), [boxes])
  const editable = tool === 'draw' && chosen?.kind === 'region' ? chosen : undefined
  const line = tool === 'measure' && ruler?.name === name ? ruler : null
  if (corner && !props.twoClicks) setCorner(null)
  const lowest = screen ? lowestZoom(raster, screen) : 0

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
  // Not whenever another frame of the same size comes: who zoomed into one looks at the same place in the next.
  const { width, height } = raster
  useLayoutEffect(() => {
    if (!screen || screen.width * screen.height === 0) return
    const fitted = fit({ width, height }, screen)
    setView(props.fitting.to === 'pixels' ? actual(fitted, screen, globalThis.devicePixelRatio || 1) : fitted)
  }, [screen, width, height, props.fitting])
  const { onLook } = props
  useEffect(() => {
    if (own && screen) onLook?.(lookOf(own, { width, height }, screen))
  }, [own, screen, width, height, onLook])
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
    if (!screen) return
    const middle = { x: screen.width / 2, y: screen.height / 2 }
    const press = (event: KeyboardEvent) => {
      if (event.isComposing || isField(event.target)) return
      const command = commandOf(event, 'page', letters)
      if (command === null || command === 'held') return
      if (command.kind === 'cancel') setCorner(null)
      const factor = ZOOMS[command.kind as Plain]
      if (factor === undefined) return
      setView((now) => now && (factor === null ? actual(now, screen, globalThis.devicePixelRatio || 1) : zoomAt(now, middle, factor, lowest)))
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [screen, letters, lowest])

  const at = (event: { clientX: number; clientY: number }): Point => {
    const edge = frame.current?.getBoundingClientRect()
    return { x: event.clientX - (edge?.left ?? 0), y: event.clientY - (edge?.top ?? 0) }
  }
  useWheel(frame, (event, moved) => {
    // A pinch on a touch pad comes as a wheel with Ctrl.
    const scrolls = props.onScroll && !event.ctrlKey && !event.metaKey
    if (scrolls) return props.onScroll?.(moved.steps())
    if (!props.look) setView((now) => now && zoomAt(now, at(event), Math.exp(-moved.pixels / (event.ctrlKey ? 100 : 400)), lowest))
  })

  const press = (event: PointerEvent) => {
    if (!view) return
    const point = at(event)
    event.currentTarget.setPointerCapture(event.pointerId)
    if (event.pointerType === 'touch') fingers.current.set(event.pointerId, point)
    const two = pinched(fingers.current)
    tap.current = null
    if (two) {
      // What the first finger began to move was not meant.
      if (drag?.kind === 'edit' && drag.live) props.onPlace(drag.id, drag.bbox, drag.gesture)
      return setDrag({ kind: 'pinch', ...two, view })
    }
    if (event.button === 2) return !isTiled(raster) && raster.channels === 1 && setDrag({ kind: 'window', from: point, window: props.window })
    if (event.button === 1 || (event.button === 0 && (space || tool === 'look'))) return setDrag({ kind: 'pan', from: point, view })
    if (event.button !== 0) return
    const image = toImage(view, point)
    if (tool === 'measure') return measureFrom(image)
    const grips = !corner && editable && gripAt(editable.bbox, image, view.zoom)
    if (!props.twoClicks || grips) return setDrag(grab(event, image))
    if (event.pointerType === 'touch') tap.current = { finger: event.pointerId, from: image }
    else click(point, image)
  }
  // Where boxes are drawn by two clicks, the first one chooses a box by its border or its name; anywhere else it is a corner.
  const click = (point: Point, image: Point) => {
    const id = corner ? null : (clickedBorder(choosable, selected, image, view?.zoom ?? 1) ?? named(point))
    if (id !== null) return props.onSelect(id)
    const box = corner ? spanned(corner.from, image, raster) : null
    setCorner(box ? null : { from: image, to: image })
    if (box) props.onDraw(box)
  }
  // The box whose name stands there.
  const named = ({ x, y }: Point): string | null => {
    const isThere = (spot: Point | null | undefined, name: string) =>
      spot && x >= spot.x && y >= spot.y && x <= spot.x + widthOf(name, LABEL_SIZE) && y <= spot.y + LABEL_HEIGHT
    return boxes.find((box, index) => box.kind !== 'answer' && isThere(labels[index], box.name))?.id ?? null
  }
  const grab = (event: PointerEvent, point: Point): Drag => {
    const grip = editable && view && gripAt(editable.bbox, point, view.zoom)
    if (!editable || !grip) return { kind: 'draw', from: point, to: point }
    return { kind: 'edit', id: editable.id, grip, from: point, bbox: editable.bbox, gesture: `${event.pointerId}/${event.timeStamp}`, live: false }
  }
  // Dragged from end to end, or a click at each.
  const measureFrom = (point: Point) => {
    setRuler(line?.pending ? { ...line, to: point, pending: false } : { from: point, to: point, pending: true, name })
    if (!line?.pending) setDrag({ kind: 'measure' })
  }
  const far = (from: Point, to: Point) => Math.hypot(to.x - from.x, to.y - from.y) * (view?.zoom ?? 1) > STILL
  const place = ({ id, grip, bbox, from, gesture }: Edit, to: Point) => {
    const [dx, dy] = [to.x - from.x, to.y - from.y]
    props.onPlace(id, grip.kind === 'move' ? moved(bbox, dx, dy, raster) : resized(bbox, grip.handle, dx, dy, raster), gesture)
  }
  const cursorAt = (image: Point, zoom: number): string => {
    if (tool !== 'draw') return tool === 'look' ? 'grab' : 'crosshair'
    const grip = corner || !editable ? null : gripAt(editable.bbox, image, zoom)
    const chooses = props.twoClicks && !corner && !grip && clickedBorder(choosable, selected, image, zoom)
    return chooses ? 'pointer' : cursorOf(grip)
  }
  const move = (event: PointerEvent) => {
    if (!view) return
    const point = at(event)
    const image = toImage(view, point)
    if (fingers.current.has(event.pointerId)) fingers.current.set(event.pointerId, point)
    if (line?.pending) setRuler({ ...line, to: image })
    if (corner && !drag) setCorner({ ...corner, to: image })
    if (!drag) return setCursor(cursorAt(image, view.zoom))
    switch (drag.kind) {
      case 'draw':
        return setDrag({ ...drag, to: image })
      case 'pinch': {
        const two = pinched(fingers.current)
        if (!two) return
        const zoomed = zoomAt(drag.view, drag.between, two.apart / drag.apart, lowest)
        return setView({ ...zoomed, x: zoomed.x + two.between.x - drag.between.x, y: zoomed.y + two.between.y - drag.between.y })
      }
      case 'edit':
        if (!drag.live && !far(drag.from, image)) return
        setDrag({ ...drag, live: true })
        return place(drag, image)
      case 'pan':
        if (props.look) return
        return setView({ ...drag.view, x: drag.view.x + point.x - drag.from.x, y: drag.view.y + point.y - drag.from.y })
      case 'window':
        return props.onWindow(dragged(drag.window, point.x - drag.from.x, point.y - drag.from.y, Math.abs(props.levels.slope)))
    }
  }
  // The last movement may not have been painted yet, so where the pointer was lifted counts.
  const lift = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId)
    setDrag(null)
    if (!view) return
    const to = toImage(view, at(event))
    const tapped = tap.current
    tap.current = null
    if (tapped?.finger === event.pointerId && !far(tapped.from, to)) click(at(event), to)
    if (!drag) return
    if (drag.kind === 'draw') drawn(drag.from, to)
    if (drag.kind === 'measure' && line && far(line.from, to)) setRuler({ ...line, to, pending: false })
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
  const choose = (point: Point, otherwise: string | null) => props.onSelect(clicked(choosable, selected, point, view?.zoom ?? 1) ?? otherwise)
  const cancel = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId)
    tap.current = null
    setDrag(null)
    props.onSettle()
  }

  const stretch = drag?.kind === 'draw' ? drag : tool === 'draw' ? corner : null
  const growing = stretch && spanned(stretch.from, stretch.to, raster)
  // Not while something is drawn or measured: where two hundred names stand is looked for among two hundred boxes.
  const labels = useMemo(() => (view && screen && props.names ? spotsOf(boxes, view, screen, props.edges !== null) : []), [boxes, view, screen, props.names, props.edges])
  return (
    <div
      ref={frame}
      role="group"
      aria-label={props.label}
      data-testid={props.testId}
      data-zoom={view?.zoom}
      data-x={view?.x}
      data-y={view?.y}
      // A name on the image that were selected would be dragged away as text in the middle of drawing.
      style={{ position: 'absolute', inset: 0, overflow: 'hidden', background: '#000', touchAction: 'none', userSelect: 'none', cursor: space ? 'grab' : cursor }}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={lift}
      onPointerCancel={cancel}
      onContextMenu={(event) => event.preventDefault()}
    >
      {view && screen && (
        <>
          {isTiled(raster) ? (
            <Tiles tiled={raster} name={name} view={view} screen={screen} onShown={setLevel} />
          ) : (
            <Pixels raster={raster} name={name} levels={props.levels} window={props.window} inverted={props.inverted} view={view} screen={screen} />
          )}
          <svg width={screen.width} height={screen.height} style={{ position: 'absolute', inset: 0 }}>
            {props.edges && <EdgeLetters edges={props.edges} screen={screen} />}
            {props.scale && <ScaleBar {...props.scale(view.zoom)} screen={screen} />}
            {boxes.map((box, index) => (
              <BoxShape key={box.id} {...box} label={labels[index] ?? null} view={view} chosen={box.id === selected} offered={box.id === props.offered} onSelect={props.onSelect} />
            ))}
            {editable && <Handles bbox={editable.bbox} view={view} />}
            {props.outer && <Outer bbox={props.outer} view={view} />}
            {growing && <Outline bbox={growing} view={view} colour={CHOSEN} dashed={false} />}
            {line && <Line from={line.from} to={line.to} view={view} length={props.lengthOf(line.from, line.to)} />}
          </svg>
          <div style={{ position: 'absolute', left: 8, bottom: 8, pointerEvents: 'none' }}>{props.caption(view.zoom * (globalThis.devicePixelRatio || 1), level)}</div>
        </>
      )}
    </div>
  )
}

function spotsOf(boxes: readonly Drawn[], view: View, screen: Size, letters: boolean): (Point | null)[] {
  const shapes = boxes.map((box) => shapeOf(box.bbox, view))
  const taken = letters ? [...shapes, ...edgeRects(screen)] : shapes
  return shapes.map((shape, index) => labelSpot(shape, widthOf(boxes[index]?.name ?? '', LABEL_SIZE), screen, taken))
}

// The window after a drag: across its width, down its centre. `step`: the difference of two neighbouring stored values.
function dragged(from: Window, across: number, down: number, step: number): Window {
  const scale = Math.max(from.width / 300, step / 4)
  const narrowest = from.function === 'linear' ? 1 : step
  return { ...from, width: Math.max(narrowest, from.width + across * scale), center: from.center + down * scale }
}

interface Wheeled {
  pixels: number
  // Whole frames gone past; what is left of one counts with the next movement.
  steps(): number
}
// React listens to the wheel passively: the page would scroll, or be zoomed by the browser, as well.
function useWheel(element: { current: HTMLElement | null }, turn: (event: WheelEvent, moved: Wheeled) => void): void {
  const latest = useRef(turn)
  useLayoutEffect(() => {
    latest.current = turn
  })
  const left = useRef(0)
  const steps = useCallback((pixels: number) => {
    left.current = Math.sign(pixels) === Math.sign(left.current) ? left.current + pixels : pixels
    const whole = Math.trunc(left.current / FRAME_STEP)
    if (whole !== 0) left.current = 0
    return whole === 0 ? 0 : Math.sign(whole) * Math.max(1, Math.min(Math.abs(whole) >> 1, 5))
  }, [])
  useEffect(() => {
    const target = element.current
    if (!target) return
    const hear = (event: WheelEvent) => {
      event.preventDefault()
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * LINE_HEIGHT
      latest.current(event, { pixels, steps: () => steps(pixels) })
    }
    target.addEventListener('wheel', hear, { passive: false })
    return () => target.removeEventListener('wheel', hear)
  }, [element, steps])
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

function cursorOf(grip: Grip | null): string {
  if (!grip) return 'crosshair'
  if (grip.kind === 'move') return 'move'
  const { x, y } = grip.handle
  if (x === 0) return 'ns-resize'
  if (y === 0) return 'ew-resize'
  return x === y ? 'nwse-resize' : 'nesw-resize'
}
