import { Group, Stack, Table, Text } from '@mantine/core'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useCalibration } from '../api/queries'
import { languageName } from '../i18n/names'
import type { Part, Reliability as Figures } from '../model/calibration'
import { Asked } from './Asked'
import { SaveFigure } from './Save'

const [SIDE, LEFT, TOP, LARGEST] = [220, 44, 12, 12]
const [WIDTH, HEIGHT] = [LEFT + SIDE + 12, TOP + SIDE + 44]
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1]
const across = (confidence: number) => LEFT + SIDE * confidence
const down = (right: number) => TOP + SIDE * (1 - right)

// What a model's confidences are worth on patients that they were not fitted on, as its run found.
export function Reliability({ run }: { run: string }) {
  const found = useCalibration(run)
  return <Asked query={found}>{(calibration) => <Group align="flex-start" gap="xl" mt="xs">{calibration?.parts.map((part) => <PartShown key={`${part.task} ${part.lang}`} part={part} />)}</Group>}</Asked>
}

function PartShown({ part }: { part: Part }) {
  const { t } = useTranslation()
  const drawn = useRef<SVGSVGElement>(null)
  const name = `${t(`calibration_of.${part.task}`)}, ${languageName(part.lang)}`
  const { samples, patients, right } = part.fitted_on
  const rows = ([['raw', part.before], ['mapped', part.after]] as const).flatMap(([key, figures]) => (figures ? [[key, figures] as const] : []))
  return (
    <Stack gap={4} maw={420} data-testid={`calibration-${part.task}-${part.lang}`}>
      <Text fw={600} size="sm">{name}</Text>
      <Text size="xs" c="gray.4">{t('calibration.fitted', { samples, patients, right })} {part.map ? t('calibration.map', { method: t(`calibration_map.${part.map.fit.method}`) }) : t('calibration.none')}</Text>
      {rows.length > 0 && (
        <>
          <Diagram part={part} name={name} drawn={drawn} />
          <Table withRowBorders={false} verticalSpacing={2} fz="xs">
            <Table.Thead><Table.Tr><Table.Td /><Table.Th scope="col">ECE (95 %)</Table.Th><Table.Th scope="col">AUROC</Table.Th><Table.Th scope="col">AURC</Table.Th><Table.Th scope="col">Brier</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{rows.map(([key, figures]) => <Row key={key} name={t(`calibration_row.${key}`)} figures={figures} />)}</Table.Tbody>
          </Table>
          <SaveFigure name={`reliability-${part.task}-${part.lang}`} drawn={() => drawn.current && new XMLSerializer().serializeToString(drawn.current)} />
        </>
      )}
      {part.margin && <Text size="xs" c="gray.4">{t('calibration.margin', { by: (100 * part.margin.by).toFixed(0), share: Math.round(100 * (1 - part.margin.alpha)), patients: part.margin.patients })}{part.held !== null && ` ${t('calibration.held', { held: (100 * part.held).toFixed(1) })}`}</Text>}
    </Stack>
  )
}

function Row({ name, figures }: { name: string; figures: Figures }) {
  const { ece, ece_interval: [low, high], auroc, aurc, brier } = figures
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>{name}</Table.Th>
      <Table.Td>{ece.toFixed(3)} ({low.toFixed(3)}–{high.toFixed(3)})</Table.Td>
      {[auroc, aurc, brier].map((value, index) => <Table.Td key={index}>{value?.toFixed(3) ?? '–'}</Table.Td>)}
    </Table.Tr>
  )
}

// Hollow as it was, filled as it is; what lies on the diagonal is true. Attributes alone, so that a saved picture looks the same.
function Diagram({ part, name, drawn }: { part: Part; name: string; drawn: React.RefObject<SVGSVGElement | null> }) {
  const { t } = useTranslation()
  const label = `${t('calibration.diagram')}: ${name}; ECE ${part.before?.ece.toFixed(3) ?? '–'} → ${part.after?.ece.toFixed(3) ?? '–'}`
  return (
    <svg ref={drawn} xmlns="http://www.w3.org/2000/svg" role="img" aria-label={label} width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} fontFamily="sans-serif" fontSize={11} fill="#c1c2c5">
      <rect width={WIDTH} height={HEIGHT} fill="#1a1b1e" />
      {TICKS.map((tick) => (
        <g key={tick}>
          <path d={`M${across(tick)} ${TOP}v${SIDE}M${LEFT} ${down(tick)}h${SIDE}`} stroke="#373a40" />
          <text x={across(tick)} y={TOP + SIDE + 15} textAnchor="middle">{tick}</text>
          <text x={LEFT - 6} y={down(tick) + 4} textAnchor="end">{tick}</text>
        </g>
      ))}
      <path d={`M${across(0)} ${down(0)}L${across(1)} ${down(1)}`} stroke="#909296" strokeDasharray="4 4" />
      <text x={LEFT + SIDE / 2} y={HEIGHT - 10} textAnchor="middle">{t('calibration.confidence')}</text>
      <text transform={`translate(12 ${TOP + SIDE / 2}) rotate(-90)`} textAnchor="middle">{t('calibration.share')}</text>
      {part.before && <Points figures={part.before} fill="none" stroke="#ffd43b" />}
      {part.after && <Points figures={part.after} fill="#5ce1e6" stroke="#1a1b1e" />}
    </svg>
  )
}

function Points({ figures, fill, stroke }: { figures: Figures; fill: string; stroke: string }) {
  return figures.bins.map(({ samples, confidence, right }, index) => (
    <circle key={index} cx={across(confidence)} cy={down(right)} r={Math.max(3, LARGEST * Math.sqrt(samples / figures.samples))} fill={fill} stroke={stroke} strokeWidth={1.5} />
  ))
}
