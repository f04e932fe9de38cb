// Boxes and lines above the picture, in the SVG that lies on it.
import { memo, type ReactNode } from 'react'
import { HANDLES, toScreen, type Box, type Point, type Size, type View } from '../model/geometry'
import { handlePoint } from '../model/grip'
import { LABEL_HEIGHT, type Rect } from '../model/label'
import type { Edges } from '../model/orientation'

export interface Drawn {
  id: string
  bbox: Box
  name: string
  // What an answer speaks of is seen, and neither chosen nor changed.
  kind: 'region' | 'suggestion' | 'answer'
  frame: number
}
const REGION = '#5ce1e6'
export const CHOSEN = '#ffd43b'
const SUGGESTED = '#ff9bd2'
const ANSWERED = '#b197fc'
const COLOURS = { region: REGION, suggestion: SUGGESTED, answer: ANSWERED } as const
const MEASURED = '#8ce99a'
export const LABEL_SIZE = 13

export function shapeOf(bbox: Box, view: View): Rect {
  const a = toScreen(view, { x: bbox[0], y: bbox[1] })
  return { x: a.x, y: a.y, width: (bbox[2] - bbox[0]) * view.zoom, height: (bbox[3] - bbox[1]) * view.zoom }
}

export function Outline({ bbox, view, colour, dashed }: { bbox: Box; view: View; colour: string; dashed: boolean }) {
  const shape = shapeOf(bbox, view)
  // A dark line under the coloured one keeps it visible on white.
  return (
    <g pointerEvents="none" fill="none">
      <rect {...shape} stroke="#000" strokeWidth={4} opacity={0.6} />
      <rect {...shape} stroke={colour} strokeWidth={2} strokeDasharray={dashed ? '7 5' : undefined} />
    </g>
  )
}

// The box that holds all of what a suggestion marks, as often as promised: thin, and in no one's way.
export function Outer({ bbox, view }: { bbox: Box; view: View }) {
  const shape = shapeOf(bbox, view)
  return (
    <g pointerEvents="none" fill="none" data-testid="outer-box">
      <rect {...shape} stroke="#000" strokeWidth={2.5} opacity={0.5} />
      <rect {...shape} stroke={CHOSEN} strokeWidth={1} strokeDasharray="3 5" />
    </g>
  )
}

interface ShapeProps {
  id: string
  kind: Drawn['kind']
  name: string
  bbox: Box
  // Where its name stands, in CSS pixels; null where there is no room beside it.
  label: Point | null
  view: View
  chosen: boolean
  offered: boolean
  onSelect(id: string): void
}
// Drawn anew only where the box or the view changed: of two hundred, one moves.
export const BoxShape = memo(
  function BoxShape({ id, kind, name, bbox, label, view, chosen, offered, onSelect }: ShapeProps) {
    const shape = shapeOf(bbox, view)
    const colour = chosen || offered ? CHOSEN : COLOURS[kind]
    const pressable = kind !== 'answer' && { tabIndex: 0, role: 'button', 'aria-label': name, 'aria-pressed': chosen, onFocus: () => onSelect(id), onClick: () => onSelect(id) }
    return (
      <g pointerEvents="none">
        {/* The pointer is read by the viewport; this is where the keyboard and a screen reader find the box. */}
        <rect
          {...shape}
          data-testid={`${kind}-box`}
          fill="transparent"
          {...pressable}
        />
        <Outline bbox={bbox} view={view} colour={colour} dashed={kind !== 'region'} />
        {label && <Label x={label.x} y={label.y + LABEL_HEIGHT - 5} colour={colour}>{name}</Label>}
      </g>
    )
  },
  (a, b) => a.bbox.every((edge, index) => edge === b.bbox[index]) && a.label?.x === b.label?.x && a.label?.y === b.label?.y && sameBut(a, b, ['bbox', 'label']),
)

function sameBut<T extends object>(a: T, b: T, left: readonly (keyof T)[]): boolean {
  return (Object.keys(a) as (keyof T)[]).every((key) => left.includes(key) || a[key] === b[key])
}

export function Handles({ bbox, view }: { bbox: Box; view: View }) {
  return (
    <g pointerEvents="none" fill={CHOSEN} stroke="#000">
      {HANDLES.map((handle) => {
        const { x, y } = toScreen(view, handlePoint(bbox, handle))
        return <rect key={`${handle.x}/${handle.y}`} x={x - 4} y={y - 4} width={8} height={8} />
      })}
    </g>
  )
}

// A measured line with its length beside its end.
export function Line({ from, to, view, length }: { from: Point; to: Point; view: View; length: string }) {
  const [a, b] = [toScreen(view, from), toScreen(view, to)]
  const ends = { x1: a.x, y1: a.y, x2: b.x, y2: b.y }
  return (
    <g pointerEvents="none" data-testid="measured">
      <line {...ends} stroke="#000" strokeWidth={4} opacity={0.6} />
      <line {...ends} stroke={MEASURED} strokeWidth={2} />
      {[a, b].map((end, index) => <circle key={index} cx={end.x} cy={end.y} r={3} fill={MEASURED} stroke="#000" />)}
      <Label x={b.x + 8} y={b.y - 8} colour={MEASURED}>{length}</Label>
    </g>
  )
}

const edgePlaces = ({ width, height }: Size) =>
  [['left', 12, height / 2], ['right', width - 12, height / 2], ['top', width / 2, 20], ['bottom', width / 2, height - 12]] as const
// What the letters of the edges take of the screen: a name is not written across them.
export const edgeRects = (screen: Size): Rect[] => edgePlaces(screen).map(([, x, y]) => ({ x: x - 10, y: y - 14, width: 20, height: LABEL_HEIGHT }))

// Where the edges of the picture lead in the body.
export function EdgeLetters({ edges, screen }: { edges: Edges; screen: Size }) {
  return (
    <g data-testid="edges" fontWeight={700}>
      {edgePlaces(screen).map(([edge, x, y]) => <Label key={edge} x={x} y={y} colour="#e9ecef" anchor="middle">{edges[edge]}</Label>)}
    </g>
  )
}

// How long so much is here.
export function ScaleBar({ length, text, screen }: { length: number; text: string; screen: Size }) {
  const [right, y] = [screen.width - 16, screen.height - 14]
  const bar = `M${right - length} ${y - 5}v5h${length}v-5`
  return (
    <g data-testid="scale" fill="none" pointerEvents="none">
      <path d={bar} stroke="#000" strokeWidth={5} opacity={0.6} />
      <path d={bar} stroke={MEASURED} strokeWidth={2} />
      <Label x={right - length / 2} y={y - 6} colour={MEASURED} anchor="middle">{text}</Label>
    </g>
  )
}

function Label({ x, y, colour, anchor, children }: { x: number; y: number; colour: string; anchor?: 'middle'; children: ReactNode }) {
  return (
    <text x={x} y={y} fill={colour} stroke="#000" strokeWidth={3} paintOrder="stroke" fontSize={LABEL_SIZE} textAnchor={anchor} pointerEvents="none">
      {children}
    </text>
  )
}
