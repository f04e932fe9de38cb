// Another image of the same patient, to look at beside the case: nothing is drawn on it and nothing of it is written down.
import { Box as Area, Button, Center, Group, Loader, NativeSelect, Switch, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Image } from '../../api/client'
import type { Window } from '../../canvas/levels'
import { Viewport, type Fitting } from '../../canvas/Viewport'
import type { Look } from '../../model/geometry'
import { stackOf } from '../../model/stack'
import { Refusal } from '../Refusal'
import { Caption } from './Caption'
import { FrameBar } from './FrameBar'
import { shownOf, windowOf, type Chosen } from './shown'
import { framePixels, useStack } from './useStack'

interface Props {
  image: Image
  related: readonly Image[]
  chosen: Chosen
  inverted: boolean
  look: Look | null
  onClose(): void
}
// One entry for each series, and for each image that belongs to none.
interface Choice {
  first: Image
  relation: 'same_series' | 'same_study' | 'other_study'
  of: number
  number: number
}

export function ComparePane({ image, related, look, onClose, ...rest }: Props) {
  const { t } = useTranslation()
  const choices = useMemo(() => choicesOf(image, related), [image, related])
  const [id, setId] = useState(choices[0]?.first.id)
  const [linked, setLinked] = useState(true)
  const other = choices.find(({ first }) => first.id === id)?.first
  return (
    <Area component="section" aria-label={t('view.beside')} style={{ flex: 1, minWidth: 0, display: 'flex', flexDirection: 'column', borderLeft: '1px solid #373a40' }}>
      <Group px="xs" py={4} gap="xs" wrap="nowrap">
        <NativeSelect
          size="xs"
          aria-label={t('view.beside')}
          style={{ flex: 1, minWidth: 0 }}
          value={id}
          data={choices.map(({ first, relation, of, number }) => ({
            value: first.id,
            label: t(`relation.${relation}`, { study: first.study, modality: t(`modality.${first.modality}`), of, number }),
          }))}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        <Switch size="xs" label={t('view.linked')} checked={linked} onChange={(event) => setLinked(event.currentTarget.checked)} />
        <Button size="compact-xs" variant="default" aria-label={t('view.close')} onClick={onClose}>×</Button>
      </Group>
      {other && <Other key={other.id} image={other} related={related} look={linked ? look : null} {...rest} />}
    </Area>
  )
}

function choicesOf(image: Image, related: readonly Image[]): Choice[] {
  const seen = new Set<string>(image.series && image.frames === 1 ? [`${image.study}/${image.series}`] : [])
  const others = related.filter((other) => other.id !== image.id)
  return others.flatMap((first) => {
    const group = first.series && first.frames === 1 ? `${first.study}/${first.series}` : first.id
    if (seen.has(group)) return []
    seen.add(group)
    const relation = first.study !== image.study ? 'other_study' : first.series && first.series === image.series ? 'same_series' : 'same_study'
    return [{ first, relation, of: stackOf(first, related).length, number: others.indexOf(first) + 1 }]
  })
}

type OtherProps = Omit<Props, 'onClose'>
function Other(props: OtherProps) {
  const { t } = useTranslation()
  const { image } = props
  const first = useQuery({
    queryKey: ['frame', image.id, 0],
    staleTime: Infinity,
    queryFn: ({ signal }) => framePixels({ image: image.id, frame: 0 }, signal),
  })
  if (first.isError) return <Refusal error={first.error} m="xs" />
  if (!first.data) return <Center style={{ flex: 1 }}><Loader aria-label={t('app.loading')} /></Center>
  return <Picture {...props} raster={first.data} />
}

const NOWHERE: Fitting = { to: 'screen', at: 0 }
function Picture({ image, related, chosen, inverted, look, raster }: OtherProps & { raster: Parameters<typeof useStack>[1]['raster'] }) {
  const { t } = useTranslation()
  const slices = useMemo(() => stackOf(image, related), [image, related])
  const [first] = useState({ slice: { image: image.id, frame: 0 }, raster })
  const stack = useStack(slices, first)
  const [own, setOwn] = useState<Window | null>(null)
  const slice = related.find(({ id }) => id === stack.slice.image) ?? image
  const shown = useMemo(() => shownOf(slice), [slice])
  // A window in numbers means the same on another image only where both are in Hounsfield units.
  const window = own ?? windowOf(typeof chosen === 'string' || shown.hounsfield ? chosen : 'own', shown)
  return (
    <>
      <Area style={{ flex: 1, position: 'relative' }}>
        <Viewport
          raster={stack.raster}
          name={`${stack.slice.image}/${stack.slice.frame}`}
          levels={shown.levels}
          window={window}
          inverted={inverted && !slice.colour}
          tool="look"
          boxes={[]}
          selected={null}
          offered={null}
          letters={false}
          names={false}
          label={t('view.beside')}
          testId="beside"
          fitting={NOWHERE}
          edges={shown.edges}
          look={look}
          lengthOf={() => ''}
          // Of a slide the whole is shown, smaller than it is.
          caption={(zoom) => <Caption image={slice} zoom={(zoom * stack.raster.width) / slice.width} at={stack.at} of={slices.length} />}
          onSelect={() => undefined}
          onDraw={() => undefined}
          onPlace={() => undefined}
          onSettle={() => undefined}
          onWindow={setOwn}
          onScroll={slices.length > 1 ? (by) => stack.go(stack.asked + by) : undefined}
        />
      </Area>
      <Refusal error={stack.fault} m="xs" />
      {slices.length > 1 && <FrameBar stack={stack} of={slices.length} marked={[]} note={null} />}
      <Text size="xs" c="gray.4" px="xs" pb={4}>{t('view.only_looked_at')}</Text>
    </>
  )
}
