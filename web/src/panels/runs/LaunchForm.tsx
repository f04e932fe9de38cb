// What a run is to be made of. What cannot be used is said at its field: while it is typed, by the server's limits, or by the server itself.
import { Alert, Button, Card, Fieldset, Group, NativeSelect, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate } from 'react-router'
import { ApiError, type Model, type Run, type Snapshot } from '../../api/client'
import { useLaunch } from '../../api/queries'
import { useInWords } from '../../i18n/refusal'
import {
  configOf, draftOf, faultsOf, FIRST, FIRST_OF_ADAPTERS, GROUPS, MORE_OF_ADAPTERS, nameAfter, type RunSettings,
} from '../../state/runSettings'
import { Refusal } from '../Refusal'
import { Setting } from './Setting'

export interface LaunchFormProps {
  project: string
  settings: RunSettings
  snapshots: readonly Snapshot[]
  models: readonly Model[]
  // The run that is cloned.
  source: Run | null
}

const SHIPPED = 'shapes'
const isFirst = (field: string) => (['name', ...FIRST, ...FIRST_OF_ADAPTERS] as readonly string[]).includes(field)

export function LaunchForm({ project, settings, snapshots, models, source }: LaunchFormProps) {
  const { t } = useTranslation()
  const inWords = useInWords()
  const navigate = useNavigate()
  const launch = useLaunch(project)
  const form = useRef<HTMLFormElement>(null)
  const [name, setName] = useState(source ? nameAfter(source.name) : '')
  const [snapshot, setSnapshot] = useState(source?.snapshot ?? snapshots[0]?.id ?? '')
  const [base, setBase] = useState(source?.base.kind === 'published' ? source.base.id : SHIPPED)
  const [draft, setDraft] = useState(draftOf(source?.config ?? settings.defaults, settings.adapters))
  const [more, setMore] = useState(false)
  // What the server refused, until that field is changed.
  const [refused, setRefused] = useState<{ field: string; why: string } | null>(null)
  // The field that somebody is to look at.
  const [shown, setShown] = useState<{ field: string } | null>(null)
  const lora = draft['tuning.kind'] === 'lora'

  const change = (field: string, value: string) => {
    setDraft((before) => ({ ...before, [field]: value }))
    setRefused((before) => (before?.field === field ? null : before))
  }
  const show = (field: string) => {
    if (!isFirst(field)) setMore(true)
    setShown({ field })
  }
  // Once it is on the page.
  useEffect(() => {
    if (shown) form.current?.querySelector<HTMLElement>(`[name="${shown.field}"]`)?.focus()
  }, [shown])
  const go = () => {
    const [fault] = faultsOf(draft, settings)
    if (fault) return show(fault)
    launch.mutate(
      {
        snapshot,
        base: base === SHIPPED ? { kind: 'builtin', name: SHIPPED } : { kind: 'published', id: base },
        config: configOf(draft, settings),
        name: name || null,
        cloned_from: source?.id ?? null,
      },
      {
        onSuccess: (run) => void navigate(`/projects/${project}/runs/${run.id}`),
        onError: (error) => {
          const field = error instanceof ApiError ? (error.details as { field?: string } | undefined)?.field : undefined
          if (!field || (field !== 'name' && draft[field] === undefined)) return
          setRefused({ field, why: inWords(error) })
          show(field)
        },
      },
    )
  }
  const setting = (field: string) => (
    <Setting key={field} field={field} value={draft[field] ?? ''} settings={settings} refused={refused?.field === field ? refused.why : null} onChange={(value) => change(field, value)} />
  )
  const gone = !snapshots.some(({ id }) => id === snapshot)
  return (
    <form ref={form} noValidate onSubmit={(event) => { event.preventDefault(); go() }}>
      <Stack>
        {source && <Alert role="status">{t('runs.clone_of')} <Link to={`/projects/${project}/runs/${source.id}`}>{source.name}</Link></Alert>}
        <Card withBorder>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <NativeSelect label={t('runs.snapshot')} description={t('runs.snapshot_text')} value={snapshot} onChange={(e) => setSnapshot(e.currentTarget.value)} data={[...(gone ? [{ value: snapshot, label: snapshot.slice(0, 16) }] : []), ...snapshots.map((s) => ({ value: s.id, label: s.name }))]} />
            <NativeSelect label={t('runs.base')} description={t('runs.base_text')} value={base} onChange={(e) => setBase(e.currentTarget.value)} data={[{ value: SHIPPED, label: t('runs.builtin') }, ...models.map((m) => ({ value: m.id, label: m.name }))]} />
            <TextInput name="name" label={t('runs.name')} description={t('runs.name_text')} value={name} error={refused?.field === 'name' ? refused.why : null} onChange={(e) => { setName(e.currentTarget.value); setRefused(null) }} />
            <NativeSelect label={t('runs.tuning')} description={t('runs.tuning_text')} value={draft['tuning.kind']} onChange={(e) => change('tuning.kind', e.currentTarget.value)} data={[{ value: 'full', label: t('runs.full') }, { value: 'lora', label: t('runs.lora') }]} />
            {FIRST.map(setting)}
            {lora && FIRST_OF_ADAPTERS.map(setting)}
          </SimpleGrid>
        </Card>
        <Group>
          <Button variant="default" aria-expanded={more} aria-controls="more-settings" onClick={() => setMore(!more)}>{t('runs.advanced')}</Button>
        </Group>
        <div id="more-settings" hidden={!more}>
          <Stack>
            {lora && <Named name="adapters">{MORE_OF_ADAPTERS.map(setting)}</Named>}
            <Named name="course">{GROUPS.course.map(setting)}</Named>
            <Named name="data">{GROUPS.data.map(setting)}</Named>
            <Named name="keeping">{GROUPS.keeping.map(setting)}</Named>
          </Stack>
        </div>
        {!refused && <Refusal error={launch.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={launch.isPending}>{t('runs.launch')}</Button>
        </Group>
      </Stack>
    </form>
  )
}

function Named({ name, children }: { name: 'adapters' | keyof typeof GROUPS; children: ReactNode }) {
  const { t } = useTranslation()
  return <Fieldset legend={t(`runs.group.${name}`)}><SimpleGrid cols={{ base: 1, sm: 2 }}>{children}</SimpleGrid></Fieldset>
}
