// What readers did with suggestions, and what suggestions did to readers. For a project's leads.
import { Button, Container, Group, NativeSelect, SimpleGrid, Stack, Table, Text, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'
import type { Feedback } from '../api/client'
import { feedbackTable, useFeedback, useModels, useProject } from '../api/queries'
import { languageName } from '../i18n/names'
import { percent, signed } from '../model/written'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { Routes } from '../panels/Routes'
import { Bar } from '../panels/rounds/Bar'

export default function FeedbackPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const [wanted, setWanted] = useState({ from: '', until: '', model: '' })
  const feedback = useFeedback(project, wanted)
  const models = useModels(project).data?.models ?? []
  const routing = useProject(project).data?.routing
  const day = (name: 'from' | 'until') => (
    <TextInput type="date" label={name === 'from' ? t('feedback.from') : t('feedback.until')} value={wanted[name]} onChange={(e) => setWanted({ ...wanted, [name]: e.currentTarget.value })} />
  )
  return (
    <Container py="lg" size="lg">
      <Stack>
        <Group justify="space-between" align="flex-end">
          <PageTitle>{t('nav.feedback')}</PageTitle>
          <Group align="flex-end">
            {day('from')}
            {day('until')}
            <NativeSelect label={t('rounds.model')} value={wanted.model} onChange={(e) => setWanted({ ...wanted, model: e.currentTarget.value })} data={[{ value: '', label: t('worklist.all') }, ...models.map(({ id, name }) => ({ value: id, label: name }))]} />
            <Button component="a" variant="default" href={feedbackTable(project, wanted)} download>{t('feedback.table')}</Button>
          </Group>
        </Group>
        <Asked query={feedback}>
          {(found) =>
            found.shown.cases + found.kept_back.cases === 0 ? <Text>{t('feedback.none')}</Text> : (
              <>
                <Anchoring found={found} />
                <SimpleGrid cols={2}>
                  <Stack>
                    <Outcomes found={found} />
                    <Texts found={found} />
                  </Stack>
                  <Overlaps found={found} />
                </SimpleGrid>
                <Readers found={found} />
              </>
            )}
        </Asked>
        {routing && <Routes project={project} />}
      </Stack>
    </Container>
  )
}

const number = (value: number | null | undefined, digits: number) => value?.toFixed(digits) ?? '–'

function Anchoring({ found: { shown, kept_back, anchoring } }: { found: Feedback }) {
  const { t } = useTranslation()
  const share = (value: number | null | undefined) => (typeof value === 'number' ? percent(value) : '–')
  const rows = [
    ['coinciding', share(shown.coinciding), share(kept_back.coinciding), 2],
    ['seconds', number(shown.seconds, 0), number(kept_back.seconds, 0), 1],
    ['regions', number(shown.regions, 2), number(kept_back.regions, 2), 2],
  ] as const
  const change = (name: (typeof rows)[number][0], digits: number) => {
    const estimate = anchoring[name]
    if (!estimate) return t('feedback.too_few')
    return `${signed(estimate.value, digits)} (${t('rounds.interval', { low: signed(estimate.low, digits), high: signed(estimate.high, digits) })})`
  }
  return (
    <section>
      <Title order={2} size="h4">{t('feedback.anchoring')}</Title>
      <Text size="sm" c="gray.4">{t('feedback.anchoring_text')}</Text>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Td />
            <Table.Th>{t('feedback.with')} (n = {shown.cases})</Table.Th>
            <Table.Th>{t('feedback.without')} (n = {kept_back.cases})</Table.Th>
            <Table.Th>{t('feedback.change')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([name, seen, hidden, digits]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">{t(`anchor.${name}`)}</Table.Th>
              <Table.Td>{seen}</Table.Td>
              <Table.Td>{hidden}</Table.Td>
              <Table.Td>{change(name, digits)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

const OUTCOMES = ['accepted', 'adjusted', 'rejected', 'ignored'] as const

function Outcomes({ found: { outcomes, missed } }: { found: Feedback }) {
  const { t } = useTranslation()
  const all = OUTCOMES.reduce((sum, name) => sum + outcomes[name], 0)
  return (
    <section>
      <Title order={2} size="h4">{t('feedback.outcomes')} (n = {all})</Title>
      <Table>
        <Table.Tbody>
          {OUTCOMES.map((name) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">{t(`outcome.${name}`)}</Table.Th>
              <Table.Td><Bar value={outcomes[name]} most={all} text={String(outcomes[name])} /></Table.Td>
              <Table.Td>{all > 0 ? percent(outcomes[name] / all) : '–'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm">{t('feedback.missed', { missed })}</Text>
    </section>
  )
}

function Overlaps({ found: { overlaps, median_overlap } }: { found: Feedback }) {
  const { t } = useTranslation()
  const most = Math.max(...overlaps)
  return (
    <section>
      <Title order={2} size="h4">{t('feedback.overlaps')}</Title>
      <Text size="sm" c="gray.4">{t('feedback.overlaps_text', { median: number(median_overlap, 2) })}</Text>
      <Table verticalSpacing={2}>
        <Table.Tbody>
          {overlaps.map((count, index) => (
            <Table.Tr key={index}>
              <Table.Th scope="row">{(index / 10).toFixed(1)}–{((index + 1) / 10).toFixed(1)}</Table.Th>
              <Table.Td><Bar value={count} most={most} text={String(count)} /></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

function Texts({ found: { texts } }: { found: Feedback }) {
  const { t } = useTranslation()
  return (
    <section>
      <Title order={2} size="h4">{t('feedback.texts')}</Title>
      <Text size="sm" c="gray.4">{t('feedback.texts_text')}</Text>
      <Table>
        <Table.Thead>
          <Table.Tr><Table.Th>{t('feedback.language')}</Table.Th><Table.Th>n</Table.Th><Table.Th>{t('feedback.unchanged')}</Table.Th><Table.Th>{t('feedback.distance')}</Table.Th></Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {Object.entries(texts).map(([lang, { regions, unchanged, distance }]) => (
            <Table.Tr key={lang}>
              <Table.Th scope="row">{languageName(lang)}</Table.Th>
              <Table.Td>{regions}</Table.Td>
              <Table.Td>{percent(unchanged / regions)}</Table.Td>
              <Table.Td>{distance.toFixed(2)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

function Readers({ found: { readers } }: { found: Feedback }) {
  const { t } = useTranslation()
  return (
    <section>
      <Title order={2} size="h4">{t('feedback.readers')}</Title>
      <Text size="sm" c="gray.4">{t('feedback.readers_text')}</Text>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('feedback.reader')}</Table.Th>
            <Table.Th>{t('feedback.cases')}</Table.Th>
            {OUTCOMES.map((name) => <Table.Th key={name}>{t(`outcome.${name}`)}</Table.Th>)}
            <Table.Th>{t('feedback.missed_short')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {readers.map(({ reader, cases, outcomes, missed }) => (
            <Table.Tr key={reader.id}>
              <Table.Th scope="row">{reader.display_name}</Table.Th>
              <Table.Td>{cases}</Table.Td>
              {OUTCOMES.map((name) => <Table.Td key={name}>{outcomes[name]}</Table.Td>)}
              <Table.Td>{missed}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}
