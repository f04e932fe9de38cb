// The scores of parts of the data, as a table and as points with their intervals.
import { Group, NativeSelect, Stack, Table, Text, Title } from '@mantine/core'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Figures, Measure, Slice } from '../../api/client'
import { languageName } from '../../i18n/names'
import { cells, MEASURES, written } from '../../model/evaluation'
import { SaveFigure, SaveTable } from '../Save'

interface Props {
  figures: Figures
  nameOf: (key: string | null) => string
}

export function Slices({ figures: { slices }, nameOf }: Props) {
  const { t } = useTranslation()
  const [by, setBy] = useState<Slice['by']>('concept')
  const [measure, setMeasure] = useState<Measure>('accuracy')
  const drawn = useRef<SVGSVGElement>(null)
  const valueOf = ({ by, value }: Slice) => (by === 'concept' ? nameOf(value) : value.toUpperCase())
  const shown = slices.filter((slice) => slice.by === by)
  const file = `slices-${by}`
  const rows = () => [
    ['by', 'value', 'lang', 'answers', ...MEASURES.flatMap((m) => [m, `${m}_low`, `${m}_high`])],
    ...shown.map((slice) => [by, slice.value, slice.scores.lang, slice.scores.answers, ...MEASURES.flatMap((m) => cells(slice.scores[m]))]),
  ]
  return (
    <section>
      <Group justify="space-between" align="flex-end">
        <Title order={2} size="h4">{t('evaluation.slices')}</Title>
        <Group align="flex-end">
          <NativeSelect label={t('evaluation.by')} value={by} onChange={(e) => setBy(e.currentTarget.value === 'modality' ? 'modality' : 'concept')} data={(['concept', 'modality'] as const).map((value) => ({ value, label: t(`slice_by.${value}`) }))} />
          <NativeSelect label={t('rounds.measure')} value={measure} onChange={(e) => setMeasure(MEASURES.find((m) => m === e.currentTarget.value) ?? measure)} data={MEASURES.map((m) => ({ value: m, label: t(`score.${m}`) }))} />
        </Group>
      </Group>
      <Group align="flex-start" gap="xl" wrap="nowrap">
        <Table.ScrollContainer minWidth={560} flex={1}>
          <Table fz="xs" verticalSpacing={2}>
            <Table.Thead>
              <Table.Tr><Table.Th>{t(`slice_by.${by}`)}</Table.Th><Table.Th>{t('evaluation.language')}</Table.Th><Table.Th>n</Table.Th>{MEASURES.map((m) => <Table.Th key={m}>{t(`score.${m}`)} (95 %)</Table.Th>)}</Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((slice) => (
                <Table.Tr key={`${slice.value} ${slice.scores.lang}`}>
                  <Table.Th scope="row">{valueOf(slice)}</Table.Th>
                  <Table.Td>{languageName(slice.scores.lang)}</Table.Td>
                  <Table.Td>{slice.scores.answers}</Table.Td>
                  {MEASURES.map((m) => <Table.Td key={m}>{written(slice.scores[m])}</Table.Td>)}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        <Stack gap={4} style={{ flex: 'none' }}>
          <Points slices={shown} measure={measure} valueOf={valueOf} drawn={drawn} />
          <Group gap={4}><SaveTable name={file} rows={rows} /><SaveFigure name={`${file}-${measure}`} drawn={() => drawn.current && new XMLSerializer().serializeToString(drawn.current)} /></Group>
        </Stack>
      </Group>
      <Text size="xs" c="gray.4">{t('evaluation.interval_text')}</Text>
    </section>
  )
}

const [LEFT, ROW, TOP, SIDE] = [130, 18, 26, 220]
const across = (value: number) => LEFT + SIDE * value

// Attributes alone, so that a saved picture looks the same. The languages are told apart by their marks.
function Points({ slices, measure, valueOf, drawn }: { slices: readonly Slice[]; measure: Measure; valueOf: (slice: Slice) => string; drawn: React.RefObject<SVGSVGElement | null> }) {
  const { t } = useTranslation()
  const langs = [...new Set(slices.map(({ scores }) => scores.lang))]
  const rows = slices.filter(({ scores }) => scores[measure])
  const [width, height] = [LEFT + SIDE + 20, TOP + ROW * rows.length + 30]
  return (
    <svg ref={drawn} xmlns="http://www.w3.org/2000/svg" role="img" aria-label={`${t('evaluation.slices')}: ${t(`score.${measure}`)}`} width={width} height={height} viewBox={`0 0 ${width} ${height}`} fontFamily="sans-serif" fontSize={11} fill="#c1c2c5">
      <rect width={width} height={height} fill="#1a1b1e" />
      <text x={LEFT} y={14}>{t(`score.${measure}`)}: {langs.map((lang, index) => `${index === 0 ? '●' : '□'} ${languageName(lang)}`).join('  ')}</text>
      {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
        <g key={tick}><path d={`M${across(tick)} ${TOP}v${ROW * rows.length}`} stroke="#373a40" /><text x={across(tick)} y={TOP + ROW * rows.length + 16} textAnchor="middle">{tick}</text></g>
      ))}
      {rows.map((slice, row) => <Row key={row} slice={slice} measure={measure} y={TOP + ROW * row + ROW / 2} name={valueOf(slice)} first={slice.scores.lang === langs[0]} />)}
    </svg>
  )
}

function Row({ slice, measure, y, name, first }: { slice: Slice; measure: Measure; y: number; name: string; first: boolean }) {
  const score = slice.scores[measure]
  if (!score) return null
  const [low, high] = score.interval ?? [score.value, score.value]
  const colour = first ? '#5ce1e6' : '#ffd43b'
  return (
    <g>
      <text x={LEFT - 8} y={y + 4} textAnchor="end">{name.length > 18 ? `${name.slice(0, 17)}…` : name}</text>
      <path d={`M${across(low ?? 0)} ${y}H${across(high ?? 0)}`} stroke={colour} strokeWidth={1.5} />
      {first ? <circle cx={across(score.value)} cy={y} r={4} fill={colour} /> : <rect x={across(score.value) - 4} y={y - 4} width={8} height={8} fill="#1a1b1e" stroke={colour} strokeWidth={1.5} />}
    </g>
  )
}
