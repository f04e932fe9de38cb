import { Alert, Anchor, Badge, Button, Card, Container, Group, NativeSelect, NumberInput, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import type { RunConfig, Snapshot } from '../api/client'
import { useLaunch, useModels, useRuns, useSnapshots } from '../api/queries'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'

const DEFAULTS: RunConfig = {
  tuning: { kind: 'full' }, steps: 600, batch_images: 4, turns_per_image: 8, learning_rate: 0.001, weight_decay: 0.01,
  warmup: 0.05, schedule: 'cosine', accumulate: 1, recompute: false, precision: 'full', views: 0, clip_norm: 1, ema: 0, seed: 1, log_every: 5, checkpoint_every: 200, keep_checkpoints: 2,
}

export default function RunsPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const runs = useRuns(project)
  const snapshots = useSnapshots(project)
  return (
    <Container py="lg">
      <Stack>
        <PageTitle>{t('nav.runs')}</PageTitle>
        <Asked query={snapshots}>{({ snapshots: found }) => <Launch project={project} snapshots={found} />}</Asked>
        <Asked query={runs}>
          {({ runs: found }) => (
            <>
              {found.length === 0 && <Text>{t('runs.none')}</Text>}
              {found.map((run) => (
                <Card key={run.id} withBorder>
                  <Group justify="space-between">
                    <Anchor component={Link} to={`/projects/${project}/runs/${run.id}`} fw={600}>{run.name}</Anchor>
                    <Group gap="xs">
                      <Text size="sm">{t('runs.progress', { done: run.done, total: run.total })}</Text>
                      <Badge variant="outline">{t(`state.${run.state}`)}</Badge>
                    </Group>
                  </Group>
                </Card>
              ))}
            </>
          )}
        </Asked>
      </Stack>
    </Container>
  )
}

function Launch({ project, snapshots }: { project: string; snapshots: readonly Snapshot[] }) {
  const { t } = useTranslation()
  const models = useModels(project).data?.models ?? []
  const launch = useLaunch(project)
  const [snapshot, setSnapshot] = useState('')
  const [base, setBase] = useState('')
  const [name, setName] = useState('')
  const [config, setConfig] = useState(DEFAULTS)
  const chosen = snapshot || snapshots[0]?.id
  if (!chosen) return <Alert>{t('runs.need_snapshot')}</Alert>
  const go = () =>
    launch.mutate({
      snapshot: chosen,
      base: base ? { kind: 'published', id: base } : { kind: 'builtin', name: 'shapes' },
      config,
      name: name || null,
    })
  const tuning = config.tuning.kind
  return (
    <Card withBorder>
      <Group align="flex-end">
        <NativeSelect label={t('runs.snapshot')} value={chosen} onChange={(e) => setSnapshot(e.currentTarget.value)} data={snapshots.map((s) => ({ value: s.id, label: s.name }))} />
        <NativeSelect label={t('runs.base')} value={base} onChange={(e) => setBase(e.currentTarget.value)} data={[{ value: '', label: t('runs.builtin') }, ...models.map((m) => ({ value: m.id, label: m.name }))]} />
        <NativeSelect label={t('runs.tuning')} value={tuning} onChange={(e) => setConfig({ ...config, tuning: e.currentTarget.value === 'lora' ? { kind: 'lora', rank: 8, alpha: 16 } : { kind: 'full' } })} data={[{ value: 'full', label: t('runs.full') }, { value: 'lora', label: t('runs.lora') }]} />
        <NumberInput w={110} label={t('runs.steps')} min={1} max={1000000} value={config.steps} onChange={(v) => setConfig({ ...config, steps: Number(v) })} />
        <NumberInput w={130} label={t('runs.rate')} min={1e-8} max={1} step={0.0001} decimalScale={8} value={config.learning_rate} onChange={(v) => setConfig({ ...config, learning_rate: Number(v) })} />
        <TextInput label={t('snapshots.name')} value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <Button loading={launch.isPending} onClick={go}>{t('runs.launch')}</Button>
      </Group>
      <Refusal error={launch.error} mt="sm" />
    </Card>
  )
}
