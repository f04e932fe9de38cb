// A project's models beside one another, on the patients that each was not shown.
import { Anchor, Badge, Button, Checkbox, Container, Group, NativeSelect, Stack, Table, Text, Tooltip } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router'
import type { Leaderboard, Measure } from '../api/client'
import { useLeaderboard } from '../api/queries'
import { languageName } from '../i18n/names'
import { cells, MEASURES, written } from '../model/evaluation'
import { signed } from '../model/written'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { SaveTable } from '../panels/Save'

// What stands in the address where runs on all snapshots are wanted.
const ALL = 'all'

// The address holds the snapshot; without one it is that of the newest run, whose runs were all asked the same.
export default function EvaluationsPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const [params, setParams] = useSearchParams()
  const everything = useLeaderboard(project, null)
  const snapshots = everything.data?.snapshots ?? []
  const wanted = params.get('snapshot') ?? snapshots[0]?.id ?? ALL
  const found = useLeaderboard(project, wanted === ALL ? null : wanted)
  return (
    <Container py="lg" size="xl">
      <Stack>
        <Group justify="space-between" align="flex-end">
          <PageTitle>{t('nav.evaluations')}</PageTitle>
          <NativeSelect
            label={t('runs.snapshot')}
            value={wanted}
            onChange={(e) => setParams({ snapshot: e.currentTarget.value })}
            data={[...snapshots.map(({ id, name, runs }) => ({ value: id, label: `${name} · ${id.slice(0, 8)} (${runs})` })), { value: ALL, label: t('worklist.all') }]}
          />
        </Group>
        <Text size="sm" c="gray.4">{t('evaluation.held_out')}</Text>
        <Asked query={found}>{(board) => (board.runs.length === 0 ? <Text>{t('evaluation.none')}</Text> : <Board project={project} board={board} several={wanted === ALL} />)}</Asked>
      </Stack>
    </Container>
  )
}

function Board({ project, board: { runs, leaders }, several }: { project: string; board: Leaderboard; several: boolean }) {
  const { t } = useTranslation()
  const [chosen, setChosen] = useState<readonly string[]>([])
  const langs = [...new Set(runs.flatMap(({ scores }) => scores.map(({ lang }) => lang)))]
  const columns = langs.flatMap((lang) => MEASURES.map((measure) => ({ lang, measure })))
  const scoreOf = (run: Leaderboard['runs'][number], lang: string, measure: Measure) => run.scores.find((scores) => scores.lang === lang)?.[measure]
  const leads = (run: string, lang: string, measure: Measure) => leaders.find((leader) => leader.clear && leader.run === run && leader.ahead.lang === lang && leader.ahead.measure === measure)
  // The one that is held against the other is the newer, which stands above.
  const pair = runs.filter(({ run }) => chosen.includes(run)).map(({ run }) => run).reverse()
  const choose = (run: string) => setChosen(chosen.includes(run) ? chosen.filter((id) => id !== run) : [...chosen, run])
  const rows = () => [
    ['run', 'snapshot', 'patients', 'answers', ...columns.flatMap(({ lang, measure }) => ['', '_low', '_high'].map((end) => `${measure}.${lang}${end}`))],
    ...runs.map((run) => [run.name, run.snapshot, run.extent?.patients, run.extent?.answers, ...columns.flatMap(({ lang, measure }) => cells(scoreOf(run, lang, measure)))]),
  ]
  return (
    <>
      <Group justify="flex-end">
        <Text size="sm" aria-live="polite">{t('evaluation.chosen', { chosen: chosen.length })}</Text>
        {pair.length === 2
          ? <Button variant="default" component={Link} to={`/projects/${project}/evaluations/diff?a=${pair[0]}&b=${pair[1]}`}>{t('evaluation.difference')}</Button>
          : <Button variant="default" disabled>{t('evaluation.difference')}</Button>}
        <SaveTable name="leaderboard" rows={rows} />
      </Group>
      <Table.ScrollContainer minWidth={900}>
        <Table fz="xs" highlightOnHover>
          <Table.Thead>
            <Table.Tr><Table.Td /><Table.Td /><Table.Td />{several && <Table.Td />}{langs.map((lang) => <Table.Th key={lang} scope="colgroup" colSpan={MEASURES.length}>{languageName(lang)}</Table.Th>)}</Table.Tr>
            <Table.Tr>
              <Table.Th scope="col">{t('runs.compare')}</Table.Th>
              <Table.Th scope="col">{t('runs.name')}</Table.Th>
              {several && <Table.Th scope="col">{t('runs.snapshot')}</Table.Th>}
              <Table.Th scope="col">{t('evaluation.patients')}</Table.Th>
              {columns.map(({ lang, measure }) => <Table.Th key={`${lang} ${measure}`} scope="col">{t(`score.${measure}`)}</Table.Th>)}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {runs.map((run) => (
              <Table.Tr key={run.run}>
                <Table.Td><Checkbox aria-label={t('runs.choose', { name: run.name })} checked={chosen.includes(run.run)} disabled={run.state !== 'finished' || (chosen.length >= 2 && !chosen.includes(run.run))} onChange={() => choose(run.run)} /></Table.Td>
                <Table.Td>
                  <Group gap={4}>
                    <Anchor component={Link} to={`/projects/${project}/evaluations/${run.run}`} size="sm" fw={600}>{run.name}</Anchor>
                    {run.promoted && <Badge size="sm">{t('models.promoted')}</Badge>}
                    {run.state !== 'finished' && <Badge size="sm" variant="outline" tt="none" color={run.state === 'failed' ? 'red.4' : 'gray.4'}>{t(`evaluation_state.${run.state ?? 'waiting'}`)}</Badge>}
                  </Group>
                </Table.Td>
                {several && <Table.Td>{run.snapshot_name} · {run.snapshot.slice(0, 8)}</Table.Td>}
                <Table.Td>{run.extent?.patients ?? '–'}</Table.Td>
                {columns.map(({ lang, measure }) => {
                  const lead = leads(run.run, lang, measure)
                  return (
                    <Table.Td key={`${lang} ${measure}`} style={{ whiteSpace: 'nowrap' }}>
                      {written(scoreOf(run, lang, measure))}
                      {lead && <Tooltip label={t('evaluation.ahead', { by: signed(lead.ahead.value), p: lead.ahead.p?.toFixed(3) ?? '–' })}><Badge ml={4} size="xs" tabIndex={0}>{t('evaluation.best')}</Badge></Tooltip>}
                    </Table.Td>
                  )
                })}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="xs" c="gray.4">{t('evaluation.interval_text')} {several ? t('evaluation.several') : t('evaluation.best_text')}</Text>
    </>
  )
}
