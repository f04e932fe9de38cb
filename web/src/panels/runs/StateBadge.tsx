// Where a run is: its state, and what its worker is at.
import { Badge, type BadgeProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Run } from '../../api/client'

const COLOURS: Record<Run['state'], string> = { queued: 'gray.4', running: 'cyan.4', stopping: 'yellow.4', finished: 'teal.4', stopped: 'yellow.4', failed: 'red.4' }

export function StateBadge({ run: { state, phase }, ...props }: { run: Run } & BadgeProps) {
  const { t } = useTranslation()
  const at = phase ? ` · ${t(`phase.${phase}`, { defaultValue: phase })}` : ''
  return <Badge variant="outline" color={COLOURS[state]} {...props}>{t(`state.${state}`)}{at}</Badge>
}
