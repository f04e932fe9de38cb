// What is wrong with an answer, in words.
import { Badge, Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Fault } from '../../api/client'

export function Faults({ faults }: { faults: readonly Fault[] }) {
  const { t } = useTranslation()
  if (faults.length === 0) return <Badge size="sm" tt="none" variant="outline" color="teal.4">{t('evaluation.right')}</Badge>
  return <Group gap={4}>{faults.map((fault) => <Badge key={fault} size="sm" tt="none" variant="outline" color="yellow.4">{t(`fault.${fault}`)}</Badge>)}</Group>
}
