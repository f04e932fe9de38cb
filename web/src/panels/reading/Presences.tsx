import { SegmentedControl } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Presence } from '../../api/client'

export const PRESENCES: readonly Presence[] = ['present', 'absent', 'uncertain']

export function Presences({ value, onChange }: { value: Presence; onChange(presence: Presence): void }) {
  const { t } = useTranslation()
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('read.presence')}
      value={value}
      onChange={(chosen) => onChange(PRESENCES.find((one) => one === chosen) ?? 'present')}
      data={PRESENCES.map((presence) => ({ value: presence, label: t(`presence.${presence}`) }))}
    />
  )
}
