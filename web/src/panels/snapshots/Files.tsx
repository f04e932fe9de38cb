// A snapshot as files: asked for in a layout, watched while they are written, then fetched.
import { Anchor, Button, Group, Menu, Progress, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Export, ExportFormat } from '../../api/client'
import { useAskForExport, useDeleteExport, useExports } from '../../api/queries'
import { sizeOf } from '../../model/amount'
import { dayOf } from '../../model/moment'
import { Refusal } from '../Refusal'

// What the layouts call themselves, in every language.
const NAMES: Record<Exclude<ExportFormat, 'derived'>, string> = {
  medreginstruct: 'MedRegInstruct', coco: 'COCO', yolo: 'YOLO', voc: 'Pascal VOC', llava: 'LLaVA', sharegpt: 'ShareGPT', internvl: 'InternVL',
  'qwen-vl': 'Qwen-VL', 'qwen2.5-vl': 'Qwen2.5-VL', csv: 'CSV', parquet: 'Parquet', webdataset: 'WebDataset', medreg: 'medreg',
}
const FORMATS = [...(Object.keys(NAMES) as (keyof typeof NAMES)[]), 'derived'] as const

export function Files({ snapshot, name, manages }: { snapshot: string; name: string; manages: boolean }) {
  const { t } = useTranslation()
  const exports = useExports(snapshot)
  const ask = useAskForExport(snapshot)
  const remove = useDeleteExport(snapshot)
  const known = exports.data?.exports ?? []
  return (
    <Stack gap={4} align="flex-end" miw={260}>
      <Group gap="sm">
        <Anchor href={`/api/snapshots/${snapshot}/datasheet`} download>{t('snapshots.datasheet')}</Anchor>
        <Menu position="bottom-end">
          <Menu.Target><Button size="compact-sm" variant="default" aria-label={t('exports.of', { name })}>{t('exports.export')}</Button></Menu.Target>
          <Menu.Dropdown>
            {FORMATS.map((format) => <Menu.Item key={format} onClick={() => ask.mutate(format)}>{format === 'derived' ? t('exports.derived') : NAMES[format]}</Menu.Item>)}
          </Menu.Dropdown>
        </Menu>
      </Group>
      {known.map((made) => <File key={made.format} made={made} onDelete={manages ? () => remove.mutate(made.format as ExportFormat) : undefined} />)}
      <Refusal error={ask.error ?? remove.error ?? exports.error} p="xs" />
    </Stack>
  )
}

function File({ made: { snapshot, format, state, written, expected, failure, kept_until }, onDelete }: { made: Export; onDelete?: () => void }) {
  const { t } = useTranslation()
  const layout = NAMES[format as keyof typeof NAMES] ?? t('exports.derived')
  if (state === 'finished') {
    return (
      <Group gap="xs">
        <Anchor href={`/api/snapshots/${snapshot}/exports/${format}/file`} download size="sm">{layout} ({sizeOf(expected)})</Anchor>
        <Text size="xs" c="gray.4">{t('exports.kept', { day: dayOf(kept_until) })}</Text>
        {onDelete && <Button size="compact-xs" variant="subtle" color="gray" aria-label={`${t('exports.delete')}: ${layout}`} onClick={onDelete}>{t('exports.delete')}</Button>}
      </Group>
    )
  }
  if (state === 'failed') return <Text size="sm" c="red.4" role="alert">{t('exports.failed', { layout, reason: failure })}</Text>
  // How long it will be is not known to the byte before it is written.
  const share = Math.min(99, Math.round((100 * written) / expected))
  return (
    <Stack gap={2} w="100%">
      <Text size="sm" c="gray.4">{layout}: {t(`exports.state.${state}`)} {sizeOf(written)}</Text>
      <Progress value={share} aria-label={layout} />
    </Stack>
  )
}
