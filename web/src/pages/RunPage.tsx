import { Alert, Anchor, Badge, Button, Container, Group, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import type { Run } from '../api/client'
import { stopRun } from '../api/queries'
import { Chart, type Points } from '../panels/Chart'
import { Scores } from '../panels/Scores'

type Series = Record<string, Points>

// A run as it goes, over server-sent events; the browser reconnects by itself.
function useLive(id: string) {
  const [run, setRun] = useState<Run | null>(null)
  const [series, setSeries] = useState<Series>({})
  useEffect(() => {
    const source = new EventSource(`/api/runs/${id}/events`)
    source.addEventListener('open', () => setSeries({}))
    source.addEventListener('run', (event) => {
      const news = JSON.parse(event.data as string) as Run
      setRun(news)
      if (['finished', 'stopped', 'failed'].includes(news.state)) source.close()
    })
    source.addEventListener('metrics', (event) => {
      const news = (JSON.parse(event.data as string) as { series: Series }).series
      setSeries((before) => {
        const after = { ...before }
        for (const [name, points] of Object.entries(news)) after[name] = [...(before[name] ?? []), ...points]
        return after
      })
    })
    return () => source.close()
  }, [id])
  return { run, series }
}

export default function RunPage() {
  const { t } = useTranslation()
  const { project = '', run: id = '' } = useParams()
  const { run, series } = useLive(id)
  const [refusal, setRefusal] = useState('')
  if (!run) return <Container py="lg"><Text>{t('app.loading')}</Text></Container>
  const alive = run.state === 'queued' || run.state === 'running'
  const charts = Object.entries(series).filter(([, points]) => points.length > 1)
  return (
    <Container py="lg" size="lg">
      <Stack>
        <Group justify="space-between">
          <Title order={1} size="h2">{run.name}</Title>
          <Group>
            <Badge variant="outline" size="lg">{t(`state.${run.state}`)}{run.phase ? ` · ${run.phase}` : ''}</Badge>
            {alive && <Button color="red" onClick={() => stopRun(id).catch((e: Error) => setRefusal(e.message))}>{t('runs.stop')}</Button>}
          </Group>
        </Group>
        <Progress value={run.total > 0 ? (100 * run.done) / run.total : 0} aria-label={t('runs.progress', { done: run.done, total: run.total })} />
        <Text size="sm" aria-live="polite">{t('runs.progress', { done: run.done, total: run.total })}</Text>
        {(run.error ?? refusal) && <Alert color="red" role="alert">{run.error ?? refusal}</Alert>}
        {run.evaluation && <Scores evaluation={run.evaluation} />}
        {run.model_id && <Anchor component={Link} to={`/projects/${project}/models`}>{t('nav.models')}</Anchor>}
        <SimpleGrid cols={2}>
          {charts.map(([name, points]) => <Chart key={name} title={name === 'train/loss' ? t('runs.loss') : name} points={points} />)}
        </SimpleGrid>
      </Stack>
    </Container>
  )
}
