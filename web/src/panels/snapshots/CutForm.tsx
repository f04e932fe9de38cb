// What a snapshot is called and what it takes, with what it would hold before it is cut.
import { Button, Checkbox, Group, MultiSelect, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Concept, Counts, Filter, Modality } from '../../api/client'
import { useSnapshotPreview } from '../../api/queries'
import { conceptName } from '../../i18n/conceptName'
import { Refusal } from '../Refusal'

const MODALITIES = ['ct', 'mr', 'xray', 'mammography', 'ultrasound', 'fundus', 'oct', 'dermatology', 'pathology', 'endoscopy', 'nuclear', 'other'] as const satisfies readonly Modality[]

const EVERYTHING: Filter = { modalities: [], concepts: [], both_languages: false }

interface Props {
  project: string
  concepts: readonly Concept[]
  busy: boolean
  onCut(asked: { name: string; filter: Filter }): void
}

export function CutForm({ project, concepts, busy, onCut }: Props) {
  const { t, i18n } = useTranslation()
  const [name, setName] = useState('')
  const [filter, setFilter] = useState(EVERYTHING)
  const preview = useSnapshotPreview(project, filter)
  const take = (change: Partial<Filter>) => setFilter({ ...filter, ...change })
  const empty = preview.data !== undefined && images(preview.data) === 0
  return (
    <Stack gap="xs">
      <Group align="flex-end">
        <TextInput label={t('snapshots.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <MultiSelect label={t('snapshots.modalities')} placeholder={filter.modalities.length ? undefined : t('snapshots.every')} clearable miw={200}
          data={MODALITIES.map((value) => ({ value, label: t(`modality.${value}`) }))} value={filter.modalities} onChange={(kinds) => take({ modalities: kinds as Modality[] })} />
        <MultiSelect label={t('snapshots.concepts')} placeholder={filter.concepts.length ? undefined : t('snapshots.every')} clearable searchable miw={240}
          data={concepts.map((concept) => ({ value: concept.key, label: conceptName(concepts, concept.key, i18n.language) ?? concept.key }))} value={filter.concepts} onChange={(keys) => take({ concepts: keys })} />
        <Button loading={busy} disabled={empty} onClick={() => onCut({ name, filter })}>{t('snapshots.cut')}</Button>
      </Group>
      <Checkbox label={t('snapshots.both_languages')} checked={filter.both_languages} onChange={(event) => take({ both_languages: event.currentTarget.checked })} />
      <Refusal error={preview.error} />
      <Text size="sm" role="status">{preview.data ? t('snapshots.would_hold', { counts: t('snapshots.counts', told(preview.data)) }) : ''}</Text>
    </Stack>
  )
}

const images = ({ train, val, test }: Counts) => train.images + val.images + test.images

export const told = ({ train, val, test }: Counts) => ({
  train: train.images, val: val.images, test: test.images, regions: train.regions + val.regions + test.regions,
})
