import { Alert, Anchor, Badge, Button, Container, Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import type { Run } from '../api/client'
import { oneRun, resumeRun, stopRun, useSessionCheck } from '../api/queries'
import { Chart, type Points } from '../panels/Chart'
import { Confirm } from '../panels/Confirm'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'
import { Scores } from '../panels/Scores'

const RETRY_MS = 5000

type Series = Record<string, Points>

// A run as it goes, over server-sent events; the browser reconnects by itself.
function useLive(id: string) {
  const [run, setRun] = useState<Run | null>(null)
  const [series, setSeries] = useState<Series>({})
  const [lost, setLost] = useState<Error | null>(null)
  const [attempt, setAttempt] = useState(0)
  const checked = useSessionCheck()
  useEffect(() => {
    let again: ReturnType<typeof setTimeout> | undefined
    const source = new EventSource(`/api/runs/${id}/events`)
    source.addEventListener('open', () => {
      setSeries({})
      setLost(null)
    })
    // A stream that was refused says neither why nor that it will not be tried again; the run itself does.
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) checked(oneRun(id)).then(setRun, setLost).finally(() => {
        again = setTimeout(() => setAttempt((before) => before + 1), RETRY_MS)
      })
    })
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
    return () => {
      source.close()
      clearTimeout(again)
    }
  }, [id, checked, attempt])
  const follow = (news: Run) => {
    setRun(news)
    setAttempt((before) => before + 1)
  }
  return { run, setRun, follow, series, lost }
}

export default function RunPage() {
  const { t } = useTranslation()
  const { project = '', run: id = '' } = useParams()
  const { run, setRun, follow, series, lost } = useLive(id)
  const stop = useMutation({ mutationFn: stopRun, onSuccess: setRun })
  // The stream of a run that ended is closed: a new one follows it.
  const resume = useMutation({ mutationFn: resumeRun, onSuccess: follow })
  if (!run) return <Container py="lg">{lost ? <Refusal error={lost} /> : <Text>{t('app.loading')}</Text>}</Container>
  const alive = run.state === 'queued' || run.state === 'running'
  const charts = Object.entries(series).filter(([, points]) => points.length > 1)
  return (
    <Container py="lg" size="lg">
      <Stack>
        <Group justify="space-between">
          <PageTitle>{run.name}</PageTitle>
          <Group>
            <Badge variant="outline" size="lg">{t(`state.${run.state}`)}{run.phase ? ` · ${t(`phase.${run.phase}`, { defaultValue: run.phase })}` : ''}</Badge>
            {alive && <Confirm color="red" loading={stop.isPending} label={t('runs.stop')} consequence={t('runs.stop_text')} onConfirm={() => stop.mutate(id)} />}
            {run.state === 'failed' && <Button loading={resume.isPending} onClick={() => resume.mutate(id)}>{t('runs.resume')}</Button>}
          </Group>
        </Group>
        <Progress value={run.total > 0 ? (100 * run.done) / run.total : 0} aria-label={t('runs.progress', { done: run.done, total: run.total })} />
        <Text size="sm" aria-live="polite">{t('runs.progress', { done: run.done, total: run.total })}</Text>
        {run.error && <Alert color="red" role="alert">{run.error}</Alert>}
        <Refusal error={stop.error ?? resume.error ?? lost} />
        {run.evaluation && <Scores evaluation={run.evaluation} />}
        {run.model_id && <Anchor component={Link} to={`/projects/${project}/models`}>{t('nav.models')}</Anchor>}
        <SimpleGrid cols={2}>
          {charts.map(([name, points]) => <Chart key={name} title={name === 'train/loss' ? t('runs.loss') : name} points={points} />)}
        </SimpleGrid>
      </Stack>
    </Container>
  )
}
