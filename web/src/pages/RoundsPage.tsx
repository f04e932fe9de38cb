// Rounds of active learning: what each asked for, what it cost, and what it bought.
import { Anchor, Button, Container, Group, Stack, Table, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import type { Measure, Round } from '../api/client'
import { useAskForRound, useEfficiency, useRounds } from '../api/queries'
import { minuteOf } from '../model/moment'
import { minutes } from '../model/written'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'
import { Bar } from '../panels/rounds/Bar'
import { Efficiency } from '../panels/rounds/Efficiency'
import { RoundState } from '../panels/rounds/RoundState'
import { PROPOSED, StrategyFields } from '../panels/rounds/StrategyFields'

export default function RoundsPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const [before, setBefore] = useState<number | null>(null)
  const [measure, setMeasure] = useState<Measure>('accuracy')
  const [plan, setPlan] = useState(PROPOSED)
  const rounds = useRounds(project, before)
  const efficiency = useEfficiency(project)
  const ask = useAskForRound(project)
  return (
    <Container py="lg" size="xl">
      <Stack>
        <Group justify="space-between" align="flex-end">
          <PageTitle>{t('nav.rounds')}</PageTitle>
          <Group align="flex-end">
            <Text size="sm" pb={8} maw={300}>{t('rounds.asks')}</Text>
            <StrategyFields plan={plan} change={setPlan} />
            <Button loading={ask.isPending} onClick={() => ask.mutate(plan)}>{t('rounds.ask')}</Button>
          </Group>
        </Group>
        <Refusal error={ask.error} />
        <Asked query={rounds}>
          {(page) => (
            <>
              {page.rounds.length === 0 ? <Text>{t('rounds.none')}</Text> : <Found project={project} rounds={page.rounds} measure={measure} />}
              <Group>
                {before && <Button variant="default" onClick={() => setBefore(null)}>{t('worklist.first')}</Button>}
                {page.next && <Button variant="default" onClick={() => setBefore(page.next ?? null)}>{t('worklist.more')}</Button>}
              </Group>
            </>
          )}
        </Asked>
        <Title order={2} size="h4">{t('rounds.bought')}</Title>
        <Asked query={efficiency}>{(found) => <Efficiency found={found} measure={measure} choose={setMeasure} />}</Asked>
      </Stack>
    </Container>
  )
}

function Found({ project, rounds, measure }: { project: string; rounds: readonly Round[]; measure: Measure }) {
  const { t } = useTranslation()
  const boxes = ({ chosen, control }: Round) => chosen.boxes + control.boxes
  const seconds = ({ chosen, control }: Round) => chosen.seconds + control.seconds
  const [mostBoxes, mostSeconds] = [Math.max(...rounds.map(boxes)), Math.max(...rounds.map(seconds))]
  return (
    <Table highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('rounds.round')}</Table.Th>
          <Table.Th>{t('rounds.asked_at')}</Table.Th>
          <Table.Th>{t('models.strategy')}</Table.Th>
          <Table.Th>{t('rounds.model')}</Table.Th>
          <Table.Th>{t('worklist.state')}</Table.Th>
          <Table.Th>{t('rounds.cases')}</Table.Th>
          <Table.Th>{t('rounds.boxes')}</Table.Th>
          <Table.Th>{t('rounds.minutes')}</Table.Th>
          <Table.Th>{t('rounds.result')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rounds.map((round) => (
          <Table.Tr key={round.id}>
            <Table.Td><Anchor component={Link} to={`/projects/${project}/rounds/${round.id}`} size="sm" fw={600}>{t('rounds.number', { number: round.number })}</Anchor></Table.Td>
            <Table.Td>{minuteOf(round.created_at)}</Table.Td>
            <Table.Td>{t(`strategy.${round.strategy}`)}</Table.Td>
            <Table.Td>{round.model_name ?? t('runs.builtin')}</Table.Td>
            <Table.Td><RoundState round={round} /></Table.Td>
            <Table.Td>{t('rounds.of', { cases: round.chosen.cases + round.control.cases, asked: round.chosen.asked + round.control.asked, control: round.control.cases })}</Table.Td>
            <Table.Td><Bar value={boxes(round)} most={mostBoxes} text={String(boxes(round))} /></Table.Td>
            <Table.Td><Bar value={seconds(round)} most={mostSeconds} text={minutes(seconds(round))} /></Table.Td>
            <Table.Td><Result project={project} round={round} measure={measure} /></Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function Result({ project, round: { result }, measure }: { project: string; round: Round; measure: Measure }) {
  if (!result) return <Text size="sm">–</Text>
  const scores = Object.values(result.scored.evaluation[measure]).map((score) => score.toFixed(3))
  return <Anchor component={Link} to={`/projects/${project}/runs/${result.scored.run}`} size="sm">{result.scored.name} · {scores.join(' / ') || '–'}</Anchor>
}
