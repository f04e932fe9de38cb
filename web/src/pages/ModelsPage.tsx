import { Anchor, Badge, Button, Card, Container, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { useModels, useProject, usePromote } from '../api/queries'
import { CALIBRATION_FILE } from '../model/calibration'
import { may } from '../model/roles'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'
import { Reliability } from '../panels/Reliability'
import { PROPOSED, StrategyFields } from '../panels/rounds/StrategyFields'
import { Scores } from '../panels/Scores'

export default function ModelsPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const models = useModels(project)
  const promote = usePromote(project)
  // A run's files are for whoever trains.
  const trains = may(useProject(project).data?.role, 'train')
  const [plan, setPlan] = useState(PROPOSED)
  return (
    <Container py="lg">
      <Stack>
        <Group justify="space-between" align="flex-end">
          <PageTitle>{t('nav.models')}</PageTitle>
          <Group align="flex-end">
            <Text size="sm" pb={8}>{t('models.chooses')}</Text>
            <StrategyFields plan={plan} change={setPlan} />
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
                    <Button variant={model.promoted ? 'default' : 'filled'} loading={promote.isPending} onClick={() => promote.mutate({ model: model.id, ...plan })}>{t('models.promote')}</Button>
                  </Group>
                  {trains && <Anchor component={Link} size="sm" to={`/projects/${project}/evaluations/${model.run_id}`}>{t('evaluation.link')}</Anchor>}
                  {trains && model.files[CALIBRATION_FILE] && <Calibrated run={model.run_id} />}
                  <details><summary>{t('models.card')}</summary><Text size="sm" style={{ whiteSpace: 'pre-wrap' }}>{model.card}</Text></details>
                </Card>
              ))}
            </>
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
