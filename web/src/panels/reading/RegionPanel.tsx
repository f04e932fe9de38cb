import { Button, Card, Group, NumberInput, Stack, Text, UnstyledButton } from '@mantine/core'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Concept, Region } from '../../api/client'
import { withNumber, type Size } from '../../model/geometry'
import type { Action } from '../../state/annotation'
import { ConceptPicker } from './ConceptPicker'
import { Descriptions } from './Descriptions'
import { LeaveCard } from './LeaveCard'
import { Phrases } from './Phrases'
import { Presences } from './Presences'

// The red of a field's error is too dark on its background to be read.
const LEGIBLE = { input: { color: 'var(--mantine-color-red-2)' } }

interface Props {
  imageId: string
  region: Region
  // Its name in the list, as others speak of it.
  name: string
  project: string
  reader: string
  langs: readonly string[]
  concepts: readonly Concept[]
  image: Size
  // Row and column spacing in mm, where the image says.
  spacing: readonly number[] | null
  dispatch(action: Action): void
}

// The chosen region, open for writing.
export function RegionPanel(props: Props) {
  const { t } = useTranslation()
  const { region, concepts, dispatch } = props
  const label = useLabel(props.name, region.frame)
  return (
    <LeaveCard data-testid="region" data-chosen aria-label={label} style={{ borderColor: '#ffd43b' }}>
      <Stack gap={6}>
        <ConceptPicker
          label={t('read.concept')}
          placeholder={t('read.choose')}
          concepts={concepts}
          value={region.concept ?? null}
          onChoose={(concept) => dispatch({ kind: 'describe', id: region.id, change: { concept } })}
        />
        <Group justify="space-between">
          <Presences value={region.presence ?? 'present'} onChange={(presence) => dispatch({ kind: 'describe', id: region.id, change: { presence } })} />
          <Phrases region={region} project={props.project} reader={props.reader} dispatch={dispatch} />
        </Group>
        <Descriptions image={props.imageId} region={region} langs={props.langs} dispatch={dispatch} />
        <BoxNumbers {...props} />
        <Group><Button size="compact-sm" color="red" variant="light" onClick={() => dispatch({ kind: 'remove', id: region.id })}>{t('read.remove')}</Button></Group>
      </Stack>
    </LeaveCard>
  )
}

interface RowProps {
  id: string
  name: string
  frame: number | undefined
  onSelect(id: string): void
}
// Any other region, as a line to choose it by. Drawn anew only where it reads otherwise: of two hundred, one is being moved.
export const RegionRow = memo(function RegionRow({ id, name, frame, onSelect }: RowProps) {
  const label = useLabel(name, frame)
  return (
    <UnstyledButton onClick={() => onSelect(id)} data-testid="region">
      <Card p="xs" withBorder><Text size="sm">{label}</Text></Card>
    </UnstyledButton>
  )
})

function useLabel(name: string, frame = 0): string {
  const { t } = useTranslation()
  return frame ? `${name} · ${t('read.frame', { frame: frame + 1 })}` : name
}

// The way to a box that needs no dragging (WCAG 2.5.7).
function BoxNumbers({ region, image, spacing, dispatch }: Props) {
  const { t } = useTranslation()
  // The number that makes no box, and the box that stays instead; marked until either is another one.
  const [wrong, setWrong] = useState<{ index: number; stays: readonly number[] } | null>(null)
  const change = (index: number, value: string | number) => {
    const bbox = withNumber(region.bbox, index, value, image)
    setWrong(bbox ? null : { index, stays: region.bbox })
    if (bbox) dispatch({ kind: 'place', id: region.id, bbox, tag: `numbers/${region.id}` })
  }
  const at = wrong?.stays === region.bbox ? wrong.index : null
  return (
    <div>
      <Text size="xs" c="gray.4">{t('read.box')}{sizeInMm(region.bbox, spacing)}</Text>
      <Group gap={4} wrap="nowrap">
        {['x0', 'y0', 'x1', 'y1'].map((name, index) => (
          <NumberInput key={name} size="xs" aria-label={name} error={at === index} styles={at === index ? LEGIBLE : undefined} hideControls decimalScale={1} value={Number((region.bbox[index] ?? 0).toFixed(1))} onChange={(value) => change(index, value)} />
        ))}
      </Group>
      {at !== null && <Text size="xs" c="red.4" role="alert">{t('read.box_wrong', { now: region.bbox.map((edge) => edge.toFixed(1)).join(', ') })}</Text>}
    </div>
  )
}

// Millimetres only where the image says how large its pixels are.
function sizeInMm(bbox: readonly number[], spacing: readonly number[] | null): string {
  const [row, column] = spacing ?? []
  if (row === undefined || column === undefined) return ''
  const width = ((bbox[2] ?? 0) - (bbox[0] ?? 0)) * column
  const height = ((bbox[3] ?? 0) - (bbox[1] ?? 0)) * row
  // What is looked at under a microscope.
  if (Math.max(width, height) < 1) return ` · ${(1000 * width).toFixed(1)} × ${(1000 * height).toFixed(1)} µm`
  return ` · ${width.toFixed(1)} × ${height.toFixed(1)} mm`
}
