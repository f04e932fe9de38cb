import { Anchor, Checkbox, Container, Group, SegmentedControl, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router'
import type { Comparison, Run } from '../api/client'
import { useAllMetrics, useComparison } from '../api/queries'
import { bySeconds, namesOf, type Series } from '../model/curves'
import { Asked } from '../panels/Asked'
import { Chart, STROKES } from '../panels/Chart'
import { PageTitle } from '../panels/PageTitle'
import { nameOfMetric } from '../panels/runs/metrics'
import { useSettingNames } from '../panels/runs/names'

const PACE = 'train/steps_per_second'

// The address holds which runs are compared, so that it can be handed on.
export default function ComparePage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const runs = (useSearchParams()[0].get('runs') ?? '').split(',').filter((id) => id !== '')
  const comparison = useComparison(project, runs)
  return (
    <Container py="lg" size="lg">
      <Stack>
        <PageTitle>{t('runs.compare_title')}</PageTitle>
        <Asked query={comparison}>
          {(found) => (
            <>
              <Settings project={project} comparison={found} />
              <FinalScores runs={found.runs} />
              <Curves runs={found.runs} />
            </>
          )}
        </Asked>
      </Stack>
    </Container>
  )
}

// A run's colour and dashes, as its curves have them.
function Swatch({ index }: { index: number }) {
  const { stroke, dash } = STROKES[index % STROKES.length] ?? STROKES[0]
  return <svg width={32} height={8} aria-hidden><line x1={0} x2={32} y1={4} y2={4} stroke={stroke} strokeWidth={3} strokeDasharray={dash.join(' ')} /></svg>
}

// Names that several runs share are told apart by their number.
const labelOf = (run: Run, index: number, runs: readonly Run[]) => (runs.filter(({ name }) => name === run.name).length > 1 ? `${run.name} · ${index + 1}` : run.name)

function Settings({ project, comparison: { runs, settings } }: { project: string; comparison: Comparison }) {
  const { t } = useTranslation()
  const { nameOf, valueOf } = useSettingNames(project)
  const [all, setAll] = useState(false)
  const shown = settings.filter(({ differs }) => all || differs)
  return (
    <Stack gap="xs">
      <Checkbox label={t('runs.all_settings')} checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
      <Table.ScrollContainer minWidth={500}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {runs.map((run, index) => <Table.Th key={run.id}><Anchor component={Link} to={`/projects/${project}/runs/${run.id}`}>{labelOf(run, index, runs)}</Anchor> <Swatch index={index} /></Table.Th>)}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            <Table.Tr>
              <Table.Th scope="row">{t('worklist.state')}</Table.Th>
              {runs.map((run) => <Table.Td key={run.id}>{t(`state.${run.state}`)} · {t('runs.progress', { done: run.done, total: run.total || run.config.steps })}</Table.Td>)}
            </Table.Tr>
            {shown.map(({ name, values, differs }) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{nameOf(name)}</Table.Th>
                {values.map((value, index) => <Table.Td key={runs[index]?.id} c={differs ? undefined : 'gray.5'} style={{ overflowWrap: 'anywhere' }}>{value == null ? '–' : valueOf(name, value)}</Table.Td>)}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {shown.length === 0 && <Text size="sm">{t('runs.same_settings')}</Text>}
    </Stack>
  )
}

function FinalScores({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation()
  const scored = runs.map(({ evaluation }) => evaluation)
  const langs = [...new Set(scored.flatMap((e) => (e ? [...Object.keys(e.accuracy), ...Object.keys(e.mean_iou)] : [])))]
  if (langs.length === 0) return <Text size="sm">{t('runs.no_scores')}</Text>
  const kinds = [['accuracy', t('runs.accuracy')], ['mean_iou', t('runs.iou')], ['region_f1', t('runs.f1')]] as const
  return (
    <Table>
      <Table.Caption>{t('runs.scores')}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Td />
          {runs.map((run, index) => <Table.Th key={run.id}>{labelOf(run, index, runs)} (n = {run.evaluation?.patients ?? 0})</Table.Th>)}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {kinds.flatMap(([kind, label]) => langs.map((lang) => (
          <Table.Tr key={`${kind} ${lang}`}>
            <Table.Th scope="row">{label} ({lang})</Table.Th>
            {runs.map((run) => <Table.Td key={run.id}>{run.evaluation?.[kind][lang]?.toFixed(3) ?? '–'}</Table.Td>)}
          </Table.Tr>
        )))}
      </Table.Tbody>
    </Table>
  )
}

function Curves({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation()
  const [x, setX] = useState('step')
  const live = runs.some(({ state }) => !['finished', 'stopped', 'failed'].includes(state))
  const metrics = useAllMetrics(runs.map(({ id }) => id), live)
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={2} size="h4">{t('runs.curves')}</Title>
        <SegmentedControl aria-label={t('runs.x')} value={x} onChange={setX} data={[{ value: 'step', label: t('runs.step') }, { value: 'seconds', label: t('runs.seconds') }]} />
      </Group>
      <Asked query={metrics}>{(all) => <Charts runs={runs} all={all} seconds={x === 'seconds'} />}</Asked>
    </Stack>
  )
}

function Charts({ runs, all, seconds }: { runs: readonly Run[]; all: readonly Series[]; seconds: boolean }) {
  const { t } = useTranslation()
  const charts = useMemo(
    () => namesOf(all).map((name) => ({
      name,
      curves: runs.map((run, index) => {
        const points = all[index]?.[name] ?? []
        return { label: labelOf(run, index, runs), points: seconds ? bySeconds(points, all[index]?.[PACE] ?? []) : points }
      }),
    })),
    [runs, all, seconds],
  )
  if (charts.length === 0) return <Text size="sm">{t('runs.no_curves')}</Text>
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      {charts.map(({ name, curves }) => <Chart key={name} title={nameOfMetric(t, name)} curves={curves} x={seconds ? t('runs.seconds') : t('runs.step')} />)}
    </SimpleGrid>
  )
}
