// The image of a case with its tools: what is shown of it and how. What is written about it stands in Workspace.
import { Box as Area, Button, Group, NativeSelect } from '@mantine/core'
import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState, type ReactNode, type Ref } from 'react'
import { useTranslation } from 'react-i18next'
import type { Image } from '../../api/client'
import { useRelated } from '../../api/queries'
import type { Drawn } from '../../canvas/Boxes'
import { isTiled, type Picture } from '../../canvas/tiled'
import { Viewport, type Fitting } from '../../canvas/Viewport'
import { middleOf, type Box, type Look, type Point } from '../../model/geometry'
import { barOf, lengthOf } from '../../model/measure'
import { nameOf, stackOf } from '../../model/stack'
import { Refusal } from '../Refusal'
import { Caption } from './Caption'
import { ComparePane } from './ComparePane'
import { FrameBar } from './FrameBar'
import { shownOf, windowOf, type Chosen } from './shown'
import { useStack } from './useStack'
import { WindowFields } from './WindowFields'

// What the page's keys do to the image.
export interface ImageKeys {
  fit(): void
  invert(): void
  measure(): void
  preset(number: number): void
  scroll(by: number): void
  // A box in the middle of what is seen of a slide; null where the whole image fits the screen well enough.
  middle(): Box | null
}
interface Props {
  ref: Ref<ImageKeys>
  image: Image
  raster: Picture
  boxes: readonly Drawn[]
  selected: string | null
  offered: string | null
  outer: Box | null
  letters: boolean
  // Whether names stand beside the boxes.
  names: boolean
  twoClicks: boolean
  // The buttons that are not the image's own.
  tools: ReactNode
  // Which of the image's own frames is shown.
  onFrame(frame: number): void
  onSelect(id: string | null): void
  onDraw(box: Box): void
  onPlace(id: string, box: Box, gesture: string): void
  onSettle(): void
}
const NONE: readonly Image[] = []
// Dark enough for the white text on it.
const PRESSED = '#0b7285'
// The longest bar of a scale, in CSS pixels.
const BAR = 160
const FITTED: Fitting = { to: 'screen', at: 0 }

export function ImagePane({ ref, image, raster, boxes, tools, onFrame, ...rest }: Props) {
  const { t } = useTranslation()
  const related = useRelated(image.id).data ?? NONE
  const slices = useMemo(() => stackOf(image, related), [image, related])
  const [first] = useState({ slice: { image: image.id, frame: 0 }, raster })
  const stack = useStack(slices, first)
  const [chosen, setChosen] = useState<Chosen>('own')
  const [inverted, setInverted] = useState(false)
  const [measuring, setMeasuring] = useState(false)
  const [fitting, setFitting] = useState(FITTED)
  const [beside, setBeside] = useState(false)
  const [look, setLook] = useState<Look | null>(null)
  const seen = useRef<Look | null>(null)
  const looked = useCallback(
    (look: Look) => {
      seen.current = look
      if (beside) setLook(look)
    },
    [beside],
  )
  const isOwn = stack.slice.image === image.id
  const slice = isOwn ? image : (related.find(({ id }) => id === stack.slice.image) ?? image)
  const shown = useMemo(() => shownOf(slice), [slice])
  const window = windowOf(chosen, shown)
  const spacing = slice.pixel_spacing ?? null
  const placeOf = (frame: number) => slices.findIndex((other) => other.image === image.id && other.frame === frame)
  const marked = [...new Set(boxes.filter(({ kind }) => kind === 'region').map(({ frame }) => placeOf(frame)))].filter((place) => place >= 0)
  const others = related.length > 1

  const frame = isOwn ? stack.slice.frame : null
  useEffect(() => {
    if (frame !== null) onFrame(frame)
  }, [frame, onFrame])
  useFollow(rest.selected, boxes, (to) => stack.go(placeOf(to)))

  const keys: ImageKeys = {
    fit: () => setFitting({ to: 'screen', at: fitting.at + 1 }),
    invert: () => setInverted(!inverted && !slice.colour),
    measure: () => setMeasuring(!measuring),
    preset: (number) => {
      const preset = slice.colour ? undefined : shown.presets[number - 1]
      if (preset) setChosen(preset.name)
    },
    scroll: (by) => stack.go(stack.asked + by),
    middle: () => (isTiled(stack.raster) && seen.current ? middleOf(seen.current, stack.raster) : null),
  }
  useImperativeHandle(ref, () => keys)
  const tiled = isTiled(stack.raster)
  const micrometres = (millimetres: number) => t('view.um', { length: Number((1000 * millimetres).toPrecision(3)) })
  const scaleOf = (across: number) => (zoom: number) => {
    const { millimetres, length } = barOf(across, zoom, BAR)
    return { length, text: millimetres < 1 ? micrometres(millimetres) : t('view.mm', { length: millimetres }) }
  }
  const lengthText = (from: Point, to: Point) => {
    const { value, unit } = lengthOf(from, to, spacing)
    if (tiled && unit === 'mm' && value < 1) return micrometres(value)
    const length = value.toFixed(1)
    if (unit === 'px') return t('view.pixels', { length })
    return slice.facts?.spacing_at_detector ? t('view.mm_at_detector', { length }) : t('view.mm', { length })
  }
  return (
    <Area style={{ flex: 1, display: 'flex', flexDirection: 'column', minHeight: 0 }}>
      <Group px="xs" py={4} gap={4}>
        <Button size="compact-sm" variant="default" onClick={keys.fit}>{t('read.fit')}</Button>
        <Button size="compact-sm" variant="default" title={t('view.actual')} aria-label={t('view.actual')} onClick={() => setFitting({ to: 'pixels', at: fitting.at + 1 })}>1:1</Button>
        {!slice.colour && (
          <>
            <Button size="compact-sm" variant={inverted ? 'filled' : 'default'} color={PRESSED} aria-pressed={inverted} onClick={keys.invert}>{t('read.invert')}</Button>
            <WindowFields window={window} hounsfield={shown.hounsfield} step={Math.abs(shown.levels.slope)} onWindow={setChosen} />
            <NativeSelect
              size="xs"
              w={148}
              aria-label={t('view.window')}
              value={typeof chosen === 'string' ? chosen : ''}
              data={[
                ...shown.presets.map(({ name }, index) => ({ value: name, label: `${index + 1} ${t(`preset.${name}`)}` })),
                ...(typeof chosen === 'string' ? [] : [{ value: '', label: t('view.by_hand') }]),
              ]}
              onChange={(event) => setChosen(shown.presets.find(({ name }) => name === event.currentTarget.value)?.name ?? 'own')}
            />
          </>
        )}
        <Button size="compact-sm" variant={measuring ? 'filled' : 'default'} color={PRESSED} aria-pressed={measuring} onClick={keys.measure}>{t('view.measure')}</Button>
        {others && <Button size="compact-sm" variant={beside ? 'filled' : 'default'} color={PRESSED} aria-pressed={beside} onClick={() => setBeside(!beside)}>{t('view.compare')}</Button>}
        {tools}
      </Group>
      <Area style={{ flex: 1, display: 'flex', minHeight: 0 }}>
        <Area style={{ flex: 1, minWidth: 0, display: 'flex', flexDirection: 'column' }}>
          <Area style={{ flex: 1, position: 'relative' }}>
            <Viewport
              {...rest}
              raster={stack.raster}
              name={nameOf(stack.slice)}
              levels={shown.levels}
              window={window}
              inverted={inverted && !slice.colour}
              tool={measuring ? 'measure' : isOwn ? 'draw' : 'look'}
              boxes={isOwn ? boxes.filter((box) => box.frame === frame) : []}
              label={t('read.viewport')}
              testId="viewport"
              fitting={fitting}
              edges={shown.edges}
              lengthOf={lengthText}
              scale={tiled && spacing?.[1] ? scaleOf(spacing[1]) : undefined}
              caption={(zoom, level) => <Caption image={slice} zoom={zoom} level={tiled ? level : undefined} at={stack.at} of={slices.length} />}
              onWindow={setChosen}
              onScroll={slices.length > 1 ? keys.scroll : undefined}
              onLook={looked}
            />
          </Area>
          <Refusal error={stack.fault} m="xs" />
          {slices.length > 1 && <FrameBar stack={stack} of={slices.length} marked={marked} note={isOwn ? null : t('view.not_the_case')} />}
        </Area>
        {beside && others && <ComparePane image={image} related={related} chosen={chosen} inverted={inverted} look={look} onClose={() => setBeside(false)} />}
      </Area>
    </Area>
  )
}

// Goes to the frame of a region when it is chosen, and stays where the reader goes then.
function useFollow(selected: string | null, boxes: readonly Drawn[], go: (frame: number) => void): void {
  const latest = useRef(go)
  const to = boxes.find(({ id }) => id === selected)?.frame
  useEffect(() => {
    latest.current = go
  })
  useEffect(() => {
    if (to !== undefined) latest.current(to)
  }, [selected, to])
}
