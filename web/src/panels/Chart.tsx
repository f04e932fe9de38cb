import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'react'
import type { Points } from '../model/curves'

export interface Curve {
  label: string
  points: Points
}

// Told apart by their dashes too, for whoever sees no difference between the colours.
export const STROKES = [
  { stroke: '#5ce1e6', dash: [] },
  { stroke: '#ffd43b', dash: [8, 4] },
  { stroke: '#ff8787', dash: [2, 3] },
  { stroke: '#8ce99a', dash: [12, 3, 2, 3] },
  { stroke: '#d0bfff', dash: [5, 2] },
  { stroke: '#ffc078', dash: [1, 5] },
] as const
const strokeOf = (index: number) => STROKES[index % STROKES.length] ?? STROKES[0]

// Curves over one another; `x` names what goes to the right where that is not steps.
export function Chart({ title, curves, x = '' }: { title: string; curves: readonly Curve[]; x?: string }) {
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const labels = curves.map(({ label }) => label).join('\n')
  useEffect(() => {
    if (!element.current) return
    const axis = { stroke: '#c1c2c5', grid: { stroke: '#373a40' } }
    const names = labels.split('\n')
    const series = names.map((label, index) => ({ label, width: 2, spanGaps: true, stroke: strokeOf(index).stroke, dash: [...strokeOf(index).dash] }))
    const made = new uPlot(
      {
        title, width: element.current.clientWidth || 560, height: 240, legend: { show: names.length > 1 },
        scales: { x: { time: false } }, axes: [{ ...axis, ...(x && { label: x, labelSize: 20 }) }, axis], series: [{ label: x || 'step' }, ...series],
      },
      [[], ...names.map(() => [])],
      element.current,
    )
    plot.current = made
    return () => made.destroy()
  }, [title, labels, x])
  useEffect(() => {
    plot.current?.setData(uPlot.join(curves.map(({ points }) => [points.map((p) => p[0]), points.map((p) => p[1])])))
  }, [curves, title, labels, x])
  const last = ({ label, points }: Curve) => [curves.length > 1 ? label : '', points.at(-1)?.[1].toPrecision(4) ?? '–'].filter((part) => part !== '').join(' ')
  return <div ref={element} role="img" aria-label={`${title}: ${curves.map(last).join(', ')}`} />
}
