import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'react'

export type Points = readonly (readonly [step: number, value: number])[]

export function Chart({ title, points }: { title: string; points: Points }) {
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  useEffect(() => {
    if (!element.current) return
    const axis = { stroke: '#c1c2c5', grid: { stroke: '#373a40' } }
    const made = new uPlot(
      { title, width: element.current.clientWidth || 560, height: 240, legend: { show: false }, scales: { x: { time: false } }, axes: [axis, axis], series: [{}, { stroke: '#5ce1e6', width: 2 }] },
      [[], []],
      element.current,
    )
    plot.current = made
    return () => made.destroy()
  }, [title])
  useEffect(() => {
    plot.current?.setData([points.map((p) => p[0]), points.map((p) => p[1])])
  }, [points])
  const last = points.at(-1)
  return <div ref={element} role="img" aria-label={`${title}: ${last ? last[1].toPrecision(4) : '–'}`} />
}
