// The frame that a reader looks at, out of a stack of them. What is shown changes when the asked one is there, not before: picture,
// boxes and numbers always belong to the same frame.
import { useCallback, useEffect, useRef, useState } from 'react'
import { pixelsOf } from '../../api/client'
import { decoded } from '../../canvas/decode'
import { isTiled, type Picture } from '../../canvas/tiled'
import { nameOf, type Slice } from '../../model/stack'
import { Frames } from '../../state/frames'

interface Shown {
  slice: Slice
  raster: Picture
}
export interface Stack extends Shown {
  // Places in the stack, from 0: of what is shown, and of what was asked for.
  at: number
  asked: number
  fault: Error | null
  go(at: number): void
}

export const framePixels = async ({ image, frame }: Slice, signal?: AbortSignal) => decoded(await pixelsOf(image, frame, signal), signal)

export function useStack(slices: readonly Slice[], first: Shown): Stack {
  const [shown, setShown] = useState(first)
  const [asked, setAsked] = useState<Slice>(first.slice)
  const [fault, setFault] = useState<Error | null>(null)
  const wish = useRef(asked)
  const [frames] = useState(() => {
    const made: Frames = new Frames(framePixels, () => arrived(made))
    // Tiles are kept where they are drawn.
    if (!isTiled(first.raster)) made.keep(first.slice, first.raster)
    return made
  })
  function arrived(from: Frames) {
    const [slice, raster] = [wish.current, from.at(wish.current)]
    setFault(from.fault(slice) ?? null)
    if (raster) setShown((now) => (now.raster === raster ? now : { slice, raster }))
  }
  const placeOf = (slice: Slice) => Math.max(slices.findIndex((other) => nameOf(other) === nameOf(slice)), 0)
  const at = placeOf(shown.slice)
  const askedAt = placeOf(asked)
  useEffect(() => {
    if (slices.length > 1) frames.want(slices, askedAt)
  }, [frames, slices, askedAt])
  useEffect(() => () => frames.close(), [frames])
  const go = useCallback(
    (place: number) => {
      const slice = slices[Math.min(Math.max(place, 0), slices.length - 1)]
      if (!slice) return
      wish.current = slice
      setAsked(slice)
      const raster = frames.at(slice)
      if (raster) setShown({ slice, raster })
    },
    [slices, frames],
  )
  return { ...shown, at, asked: askedAt, fault, go }
}
