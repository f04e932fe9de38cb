// What a person says of a data set that it does not say itself, and the dry run.
import { Autocomplete, Button, Checkbox, Group, Paper, Select, SimpleGrid, Stack, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Choices, Import, Modality } from '../../api/client'
import { useLayouts, useMembers } from '../../api/queries'
import { may } from '../../model/roles'
import { knownFiles } from '../../state/sending'

const MODALITIES: Modality[] = ['ct', 'mr', 'xray', 'mammography', 'ultrasound', 'fundus', 'oct', 'dermatology', 'pathology', 'endoscopy', 'nuclear', 'other']
// The most folders and files that are proposed; others are typed.
const MOST = 200

export function CheckForm({ set, busy, onCheck }: { set: Import; busy: boolean; onCheck(check: { format: string; choices: Choices }): void }) {
  const { t } = useTranslation()
  const layouts = useLayouts()
  const members = useMembers(set.project_id)
  const known = useQuery({ queryKey: ['import-files', set.id, set.files, set.bytes], queryFn: () => knownFiles(set.id) })
  const [choices, setChoices] = useState<Choices>(set.choices)
  const choose = (some: Partial<Choices>) => setChoices((before) => ({ ...before, ...some }))
  const paths = (known.data ?? []).map(({ path }) => path)
  const tables = paths.filter((path) => /\.(json|jsonl|ndjson|csv|tsv|txt)$/i.test(path)).slice(0, MOST)
  const folders = [...new Set(paths.filter((path) => path.includes('/')).map((path) => path.slice(0, path.lastIndexOf('/'))))].slice(0, MOST)
  const oneFile = layouts.data?.layouts.find(({ name }) => name === set.format)?.one_file ?? false
  const readers = (members.data?.members ?? []).filter(({ role }) => may(role, 'annotate')).map(({ username, display_name }) => ({ value: username, label: display_name }))
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Title order={2} size="h4">{t('imports.check')}</Title>
        <SimpleGrid cols={2}>
          {oneFile && tables.length > 1 && (
            <Autocomplete label={t('imports.file')} description={t('imports.file_hint')} data={tables} value={choices.file ?? ''} onChange={(file) => choose({ file: file || null })} />
          )}
          {folders.length > 0 && (
            <Autocomplete label={t('imports.images')} description={t('imports.images_hint')} data={folders} value={choices.images ?? ''} onChange={(images) => choose({ images: images || null })} />
          )}
          <Select clearable label={t('imports.modality')} data={MODALITIES.map((value) => ({ value, label: t(`modality.${value}`) }))} value={choices.modality ?? null} onChange={(modality) => choose({ modality: modality as Modality | null })} />
          <Select clearable label={t('imports.reader')} placeholder={t('imports.me')} data={readers} value={choices.reader ?? null} onChange={(reader) => choose({ reader })} />
        </SimpleGrid>
        <Checkbox label={t('imports.add_concepts')} checked={choices.add_concepts ?? false} onChange={(event) => choose({ add_concepts: event.currentTarget.checked })} />
        <Checkbox label={t('upload.attest')} checked={choices.attested ?? false} onChange={(event) => choose({ attested: event.currentTarget.checked })} />
        <Group><Button variant={set.state === 'checked' ? 'default' : 'filled'} disabled={busy} onClick={() => onCheck({ format: set.format, choices })}>{set.state === 'checked' ? t('imports.again') : t('imports.start_check')}</Button></Group>
      </Stack>
    </Paper>
  )
}
