// The checkpoints that a run's worker keeps, and the way on from each of them where the run ended early.
import { Badge, Button, Group, Stack, Table, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Run } from '../../api/client'
import { Confirm } from '../Confirm'

interface Props {
  run: Run
  pending: boolean
  // Null for whatever is newest where the run is taken up.
  onResume(step: number | null): void
}

export function Checkpoints({ run, pending, onResume }: Props) {
  const { t } = useTranslation()
  const { checkpoints, resumable } = run
  if (checkpoints.length === 0) return resumable ? <Group><Button loading={pending} onClick={() => onResume(null)}>{t('runs.resume')}</Button></Group> : null
  const newest = checkpoints.at(-1)
  const lost = (step: number) => [step < (newest?.step ?? 0) ? t('runs.resume_text', { step }) : '', run.model_id ? t('runs.withdraw_text') : ''].filter((text) => text !== '')
  const way = (step: number) => {
    const label = t('runs.resume_from', { step })
    const consequences = lost(step)
    if (consequences.length === 0) return <Button size="compact-sm" loading={pending} onClick={() => onResume(step)}>{label}</Button>
    return <Confirm size="compact-sm" variant={step === newest?.step ? 'filled' : 'default'} loading={pending} label={label} consequence={consequences.join(' ')} onConfirm={() => onResume(step)} />
  }
  return (
    <Stack gap={4}>
      <Title order={2} size="h4">{t('runs.checkpoints')}</Title>
      <Table w="auto">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('runs.step')}</Table.Th>
            <Table.Th>{t('runs.loss')}</Table.Th>
            <Table.Th>{t('runs.written')}</Table.Th>
            <Table.Td />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {checkpoints.toReversed().map(({ step, loss, best, written_at }) => (
            <Table.Tr key={step}>
              <Table.Td>{step}</Table.Td>
              <Table.Td>{loss?.toPrecision(4) ?? '–'} {best && <Badge variant="outline">{t('runs.best')}</Badge>}</Table.Td>
              <Table.Td>{new Date(written_at * 1000).toISOString().slice(0, 16).replace('T', ' ')}</Table.Td>
              <Table.Td>{resumable && way(step)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  )
}
