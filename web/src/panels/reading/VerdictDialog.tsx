// Asked where somebody submits an image of which nothing is said: nothing found, or cannot be judged.
import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Verdict } from '../../api/client'

interface Props {
  // Why nothing found may not be said, where it may not: frames that nobody has seen.
  unseen: string | null
  onJudge(verdict: Verdict): void
  onClose(): void
}

export function VerdictDialog({ unseen, onJudge, onClose }: Props) {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  const name = (kind: Verdict['kind']) => t(`verdict.${kind}`)
  return (
    <Modal opened onClose={onClose} title={t('read.verdict_title')} closeButtonProps={{ 'aria-label': t('app.cancel') }}>
      <Stack>
        <Text size="sm">{unseen ?? t('read.verdict_text')}</Text>
        <Group><Button data-autofocus disabled={unseen !== null} onClick={() => onJudge({ kind: 'nothing_found' })}>{name('nothing_found')}</Button></Group>
        <Textarea label={t('read.reason')} autosize value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <Group justify="space-between">
          <Button variant="default" disabled={reason.trim() === ''} onClick={() => onJudge({ kind: 'not_assessable', reason: reason.trim() })}>{name('not_assessable')}</Button>
          <Button variant="subtle" onClick={onClose}>{t('app.cancel')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
