import { Accordion, Alert, Badge, Button, Card, Container, Group, NativeSelect, NumberInput, Stack, Table, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'
import { useAcquisition, useAcquisitions, useConcepts, useModels, useProject, usePromote } from '../api/queries'
import { reasonIn } from '../i18n/reasons'
import { CALIBRATION_FILE } from '../model/calibration'
import { minuteOf } from '../model/moment'
import { may } from '../model/roles'
import { Asked } from '../panels/Asked'
import { CaseLink } from '../panels/CaseLink'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'
import { Reliability } from '../panels/Reliability'
import { Scores } from '../panels/Scores'

const STRATEGIES = ['hybrid', 'entropy', 'typical', 'stratified-random', 'random'] as const
type Strategy = (typeof STRATEGIES)[number]

export default function ModelsPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const models = useModels(project)
  const rounds = useAcquisitions(project)
  const promote = usePromote(project)
  // A run's files are for whoever trains.
  const trains = may(useProject(project).data?.role, 'train')
  const [budget, setBudget] = useState(50)
  const [strategy, setStrategy] = useState<Strategy>('hybrid')
  return (
    <Container py="lg">
      <Stack>
        <Group justify="space-between" align="flex-end">
          <PageTitle>{t('nav.models')}</PageTitle>
          <Group align="flex-end">
            <Text size="sm" pb={8}>{t('models.chooses')}</Text>
            <NativeSelect label={t('models.strategy')} value={strategy} onChange={(e) => setStrategy(STRATEGIES.find((s) => s === e.currentTarget.value) ?? 'hybrid')} data={STRATEGIES.map((s) => ({ value: s, label: t(`strategy.${s}`) }))} />
            <NumberInput w={150} label={t('models.budget')} min={1} max={100000} value={budget} onChange={(v) => setBudget(Number(v))} />
          </Group>
        </Group>
        <Refusal error={promote.error} />
        <Asked query={models}>
          {({ models: found }) => (
            <>
              {found.length === 0 && <Text>{t('models.none')}</Text>}
              {found.map((model) => (
                <Card key={model.id} withBorder>
                  <Group justify="space-between" align="flex-start">
                    <div>
                      <Group gap="xs"><Text fw={600}>{model.name}</Text>{model.promoted && <Badge>{t('models.promoted')}</Badge>}</Group>
                      {model.evaluation && <Scores evaluation={model.evaluation} />}
                    </div>
                    <Button variant={model.promoted ? 'default' : 'filled'} loading={promote.isPending} onClick={() => promote.mutate({ model: model.id, budget, strategy })}>{t('models.promote')}</Button>
                  </Group>
                  {trains && model.files[CALIBRATION_FILE] && <Calibrated run={model.run_id} />}
                  <details><summary>{t('models.card')}</summary><Text size="sm" style={{ whiteSpace: 'pre-wrap' }}>{model.card}</Text></details>
                </Card>
              ))}
            </>
          )}
        </Asked>
        <Title order={2} size="h4">{t('models.rounds')}</Title>
        <Asked query={rounds}>
          {({ acquisitions }) => (
            <Accordion variant="contained">
              {acquisitions.map((round) => (
                <Accordion.Item key={round.id} value={round.id}>
                  <Accordion.Control>{t(`strategy.${round.strategy}`)} · {minuteOf(round.created_at)} UTC · {t(`state.${round.state as 'queued'}`)} · {t('runs.progress', { done: round.done, total: round.total })}</Accordion.Control>
                  <Accordion.Panel>{round.error ? <Alert color="red">{round.error}</Alert> : <Ranking project={project} id={round.id} />}</Accordion.Panel>
                </Accordion.Item>
              ))}
            </Accordion>
          )}
        </Asked>
      </Stack>
    </Container>
  )
}

// Asked for once it is opened.
function Calibrated({ run }: { run: string }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  return <details onToggle={(event) => setOpen(event.currentTarget.open)}><summary>{t('calibration.title')}</summary>{open && <Reliability run={run} />}</details>
}

function Ranking({ project, id }: { project: string; id: string }) {
  const { t, i18n } = useTranslation()
  const round = useAcquisition(id)
  const concepts = useConcepts(project).data?.concepts ?? []
  const opens = may(useProject(project).data?.role, 'annotate')
  return (
    <Asked query={round}>
      {({ ranking }) => (
        <Table>
          <Table.Tbody>
            {ranking.map((chosen) => (
              <Table.Tr key={chosen.image}>
                <Table.Td>{chosen.rank}</Table.Td>
                <Table.Td><CaseLink project={project} image={chosen.image} opens={opens} /></Table.Td>
                <Table.Td>{reasonIn(t, chosen.reason, concepts, i18n.language)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Asked>
  )
}
