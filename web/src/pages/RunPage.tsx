import { Alert, Anchor, Button, Container, Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import type { Run } from '../api/client'
import { oneRun, resumeRun, stopRun, useSessionCheck } from '../api/queries'
import { namesOf, type Series } from '../model/curves'
import { nameOfMetric } from '../panels/runs/metrics'
import { Chart } from '../panels/Chart'
import { Confirm } from '../panels/Confirm'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'
import { Checkpoints } from '../panels/runs/Checkpoints'
import { MadeOf } from '../panels/runs/MadeOf'
import { Notes } from '../panels/runs/Notes'
import { RunLog } from '../panels/runs/RunLog'
import { StateBadge } from '../panels/runs/StateBadge'
import { Scores } from '../panels/Scores'

const RETRY_MS = 5000

// A run as it goes, over server-sent events; the browser reconnects by itself.
function useLive(id: string) {
  const [run, setRun] = useState<Run | null>(null)
  const [series, setSeries] = useState<Series>({})
  const [lost, setLost] = useState<Error | null>(null)
  const [attempt, setAttempt] = useState(0)
  const checked = useSessionCheck()
  useEffect(() => {
    let again: ReturnType<typeof setTimeout> | undefined
    let handOut: number | null = null
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
      // What another hand-out measured is told anew, where it still counts.
      setSeries((before) => (handOut !== null && handOut !== news.attempt ? {} : before))
      handOut = news.attempt
      setRun(news)
      if (['finished', 'stopped', 'failed'].includes(news.state)) source.close()
    })
    source.addEventListener('metrics', (event) => {
      const news = (JSON.parse(event.data as string) as { series: Series }).series
      setSeries((before) => {
        const after: Record<string, Series[string]> = { ...before }
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
  const names = namesOf([series]).filter((name) => (series[name]?.length ?? 0) > 1)
  return (
    <Container py="lg" size="lg">
      <Stack>
        <Group justify="space-between">
          <PageTitle>{run.name}</PageTitle>
          <Group>
            <StateBadge run={run} size="lg" />
            <Button variant="default" component={Link} to={`/projects/${project}/runs/new?clone=${id}`}>{t('runs.clone')}</Button>
            {alive && <Confirm color="red" loading={stop.isPending} label={t('runs.stop')} consequence={t('runs.stop_text')} onConfirm={() => stop.mutate(id)} />}
          </Group>
        </Group>
        <Progress value={run.total > 0 ? (100 * run.done) / run.total : 0} aria-label={t('runs.progress', { done: run.done, total: run.total })} />
        <Text size="sm" aria-live="polite">{t('runs.progress', { done: run.done, total: run.total })}</Text>
        {run.state === 'queued' && run.resume_from != null && <Alert role="status">{t('runs.waits', { step: run.resume_from, worker: run.worker ?? '–' })}</Alert>}
        {run.error && <Alert color="red" role="alert">{run.error}</Alert>}
        <Refusal error={stop.error ?? resume.error ?? lost} />
        <Notes run={run} onChange={setRun} />
        <Checkpoints run={run} pending={resume.isPending} onResume={(step) => resume.mutate({ run: id, step })} />
        {run.evaluation && <Scores evaluation={run.evaluation} />}
        {run.model_id && (
          <Group>
            <Anchor component={Link} to={`/projects/${project}/models`}>{t('runs.model')}</Anchor>
            <Anchor component={Link} to={`/projects/${project}/evaluations/${id}`}>{t('evaluation.link')}</Anchor>
          </Group>
        )}
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          {names.map((name) => <Chart key={name} title={nameOfMetric(t, name)} curves={[{ label: name, points: series[name] ?? [] }]} x={t('runs.step')} />)}
        </SimpleGrid>
        <MadeOf run={run} project={project} />
        <RunLog run={run} />
      </Stack>
    </Container>
  )
}
