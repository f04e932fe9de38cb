// Two models on the questions that both were asked: by how much they differ, and on which images.
import { Anchor, Button, Container, Group, NativeSelect, Stack, Table, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router'
import type { ChangedAnswer, JudgedAnswer, RunDifference } from '../api/client'
import { useChangedAnswers, useConcepts, useEvaluationDifference } from '../api/queries'
import { conceptName } from '../i18n/conceptName'
import { languageName } from '../i18n/names'
import { signed } from '../model/written'
import { Asked } from '../panels/Asked'
import { Faults } from '../panels/evaluation/Faults'
import { Legend, Picture } from '../panels/evaluation/Picture'
import { PageTitle } from '../panels/PageTitle'
import { SaveTable } from '../panels/Save'

const CHANGES = ['better', 'worse'] as const
type Change = (typeof CHANGES)[number] | ''
const SIDE = 240

// The address holds the two runs, so that it can be handed on.
export default function EvaluationDifferencePage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const [params, setParams] = useSearchParams()
  const [a, b] = [params.get('a') ?? '', params.get('b') ?? '']
  const found = useEvaluationDifference(a, b)
  return (
    <Container py="lg" size="xl">
      <Stack>
        <Group justify="space-between">
          <PageTitle>{t('evaluation.difference_title')}</PageTitle>
          <Group>
            <Anchor component={Link} size="sm" to={`/projects/${project}/evaluations`}>{t('nav.evaluations')}</Anchor>
            <Button variant="default" size="compact-sm" onClick={() => setParams({ a: b, b: a }, { replace: true })}>{t('evaluation.swap')}</Button>
          </Group>
        </Group>
        <Asked query={found}>
          {(difference) => (
            <>
              <Both project={project} found={difference} />
              <Differences found={difference} />
              <Changed key={`${a} ${b}`} project={project} a={a} b={b} />
            </>
          )}
        </Asked>
      </Stack>
    </Container>
  )
}

function Both({ project, found: { a, b, shared, asked_a, asked_b } }: { project: string; found: RunDifference }) {
  const { t } = useTranslation()
  const link = (run: RunDifference['a']) => <Anchor component={Link} to={`/projects/${project}/evaluations/${run.run}`}>{run.name} · {run.snapshot_name}</Anchor>
  return (
    <div>
      <Text>A: {link(a)} · B: {link(b)}</Text>
      <Text size="sm">{t('evaluation.shared', { answers: shared.answers, images: shared.images, patients: shared.patients, a: asked_a.answers, b: asked_b.answers })}</Text>
    </div>
  )
}

function Differences({ found: { changes, differences } }: { found: RunDifference }) {
  const { t } = useTranslation()
  const rows = () => [
    ['measure', 'lang', 'a', 'b', 'difference', 'low', 'high', 'p', 'patients'],
    ...differences.map((d) => [d.measure, d.lang, d.a, d.b, d.value, d.interval?.[0], d.interval?.[1], d.p, d.patients]),
  ]
  const counted = () => [['task', 'lang', 'better', 'worse', 'same'], ...changes.map((c) => [c.task, c.lang, c.better, c.worse, c.same])]
  return (
    <Group align="flex-start" gap="xl">
      <section style={{ flex: 2 }}>
        <Group justify="space-between"><Title order={2} size="h4">{t('evaluation.scores_differ')}</Title><SaveTable name="differences" rows={rows} /></Group>
        <Table fz="sm">
          <Table.Thead><Table.Tr><Table.Th scope="col">{t('rounds.measure')}</Table.Th><Table.Th scope="col">A</Table.Th><Table.Th scope="col">B</Table.Th><Table.Th scope="col">B − A (95 %)</Table.Th><Table.Th scope="col">p</Table.Th><Table.Th scope="col">{t('evaluation.patients')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {differences.map((d) => (
              <Table.Tr key={`${d.measure} ${d.lang}`}>
                <Table.Th scope="row">{t(`score.${d.measure}`)} ({languageName(d.lang)})</Table.Th>
                <Table.Td>{d.a.toFixed(3)}</Table.Td>
                <Table.Td>{d.b.toFixed(3)}</Table.Td>
                <Table.Td>{signed(d.value)}{d.interval ? ` (${d.interval.map((end) => signed(end)).join(' – ')})` : ''}</Table.Td>
                <Table.Td>{d.p?.toFixed(3) ?? '–'}</Table.Td>
                <Table.Td>{d.patients}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Text size="xs" c="gray.4">{t('evaluation.p_text')}</Text>
      </section>
      <section style={{ flex: 1 }}>
        <Group justify="space-between"><Title order={2} size="h4">{t('evaluation.answers_differ')}</Title><SaveTable name="changes" rows={counted} /></Group>
        <Table fz="sm">
          <Table.Thead><Table.Tr><Table.Td />{(['better', 'worse', 'same'] as const).map((way) => <Table.Th key={way} scope="col">{t(`answer_change.${way}`)}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody>
            {changes.map((c) => <Table.Tr key={`${c.task} ${c.lang}`}><Table.Th scope="row">{t(`calibration_of.${c.task}`)} ({languageName(c.lang)})</Table.Th><Table.Td>{c.better}</Table.Td><Table.Td>{c.worse}</Table.Td><Table.Td>{c.same}</Table.Td></Table.Tr>)}
          </Table.Tbody>
        </Table>
      </section>
    </Group>
  )
}

function Changed({ project, a, b }: { project: string; a: string; b: string }) {
  const { t } = useTranslation()
  const [change, setChange] = useState<Change>('')
  const [after, setAfter] = useState<number | null>(null)
  const found = useChangedAnswers({ a, b }, change || null, after)
  const choose = (next: string) => {
    setChange(CHANGES.find((way) => way === next) ?? '')
    setAfter(null)
  }
  return (
    <section>
      <Stack gap="xs">
        <Group justify="space-between" align="flex-end">
          <Title order={2} size="h4">{t('evaluation.changed')}</Title>
          <NativeSelect label={t('evaluation.change')} value={change} onChange={(e) => choose(e.currentTarget.value)} data={[{ value: '', label: t('worklist.all') }, ...CHANGES.map((way) => ({ value: way, label: t(`answer_change.${way}`) }))]} />
        </Group>
        <Legend />
        <Asked query={found}>
          {({ cases, next }) => (
            <>
              {cases.length === 0 && <Text>{t('evaluation.no_answers')}</Text>}
              {cases.map((changed) => <Pair key={changed.a.line} project={project} changed={changed} />)}
              <Group>
                {after !== null && <Button variant="default" onClick={() => setAfter(null)}>{t('worklist.first')}</Button>}
                {next && <Button variant="default" onClick={() => setAfter(next)}>{t('worklist.more')}</Button>}
              </Group>
            </>
          )}
        </Asked>
      </Stack>
    </section>
  )
}

function Pair({ project, changed: { a, b } }: { project: string; changed: ChangedAnswer }) {
  const { t, i18n } = useTranslation()
  const concepts = useConcepts(project).data?.concepts ?? []
  const name = conceptName(concepts, a.concept, i18n.language) ?? a.concept
  const side = (letter: string, answer: JudgedAnswer) => (
    <Group align="flex-start" wrap="nowrap" style={{ flex: 1, minWidth: 0 }}>
      <Picture answer={answer} name={`${letter}: ${name}`} side={SIDE} />
      <Stack gap={4} style={{ minWidth: 0 }}>
        <Text fw={600} size="sm">{letter}</Text>
        <Faults faults={answer.faults} />
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>{t('evaluation.answer')}: {answer.answer || '–'}</Text>
        {answer.mean_iou != null && <Text size="xs">{t('runs.iou')}: {answer.mean_iou.toFixed(3)}</Text>}
      </Stack>
    </Group>
  )
  return (
    <div data-testid="changed">
      <Text size="sm" fw={600}>{name} · {languageName(a.lang)} · {t('evaluation.truth')}: {a.truth}</Text>
      <Group align="flex-start" gap="md" grow>{side('A', a)}{side('B', b)}</Group>
    </div>
  )
}
