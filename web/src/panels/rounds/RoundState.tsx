// Where a round is.
import { Badge } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Round } from '../../api/client'

export function RoundState({ round: { state, done, total } }: { round: Round }) {
  const { t } = useTranslation()
  const at = state === 'running' && total > 0 ? ` · ${t('runs.progress', { done, total })}` : ''
  return <Badge variant="outline" color={state === 'failed' ? 'red.4' : state === 'finished' ? 'teal.4' : 'cyan.4'}>{t(`state.${state as 'queued'}`)}{at}</Badge>
}
