import { Alert, Container, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useParams, useSearchParams } from 'react-router'
import { useModels, useRun, useRunSettings, useSnapshots } from '../api/queries'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { LaunchForm, type LaunchFormProps } from '../panels/runs/LaunchForm'

export default function LaunchPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const source = useSearchParams()[0].get('clone')
  const settings = useRunSettings()
  const snapshots = useSnapshots(project)
  const models = useModels(project)
  return (
    <Container py="lg" size="md">
      <Stack>
        <PageTitle>{t('runs.launch')}</PageTitle>
        <Asked query={settings}>
          {(known) => (
            <Asked query={snapshots}>
              {({ snapshots: cut }) => (
                <Asked query={models}>
                  {({ models: published }) => {
                    if (cut.length === 0) return <Alert>{t('runs.need_snapshot')}</Alert>
                    const form = { project, settings: known, snapshots: cut, models: published }
                    return source ? <Clone source={source} {...form} /> : <LaunchForm {...form} source={null} />
                  }}
                </Asked>
              )}
            </Asked>
          )}
        </Asked>
      </Stack>
    </Container>
  )
}

function Clone({ source, ...form }: Omit<LaunchFormProps, 'source'> & { source: string }) {
  const run = useRun(source)
  return <Asked query={run}>{(found) => <LaunchForm key={found.id} {...form} source={found} />}</Asked>
}
