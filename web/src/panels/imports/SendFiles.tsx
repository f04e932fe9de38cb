// A data set's files: a folder or some files are chosen or dropped, and sent; what is there already is not sent again.
import { Alert, Button, FileButton, Group, Paper, Progress, Stack, Text, Title } from '@mantine/core'
import { useEffect, useRef, useState, type DragEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { Import } from '../../api/client'
import { useSessionCheck } from '../../api/queries'
import { clockOf, secondsLeft, sizeOf } from '../../model/amount'
import { chosenOf, droppedOf, knownFiles, send, unsent, type Chosen, type Sending } from '../../state/sending'
import { Refusal } from '../Refusal'

// As the server has it.
const DAYS = 7

export function SendFiles({ set, onBusy, onSent }: { set: Import; onBusy(busy: boolean): void; onSent(): void }) {
  const { t } = useTranslation()
  const checked = useSessionCheck()
  const [how, setHow] = useState<Sending | null>(null)
  const [error, setError] = useState<Error | null>(null)
  const stop = useRef<AbortController | null>(null)
  // Whoever goes to another page stops it; what was sent is known when they come back.
  useEffect(() => () => stop.current?.abort(), [])
  const start = async (chosen: Promise<Chosen[]> | Chosen[]) => {
    const control = new AbortController()
    stop.current = control
    onBusy(true)
    setError(null)
    try {
      const missing = unsent(await chosen, await checked(knownFiles(set.id)))
      await send(set.id, missing, control.signal, setHow)
    } catch (refused) {
      setError(refused as Error)
    }
    onBusy(false)
    onSent()
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    if (!how?.running) void start(droppedOf(event.dataTransfer.items))
  }
  return (
    <Paper withBorder p="md" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <Stack gap="xs">
        <Title order={2} size="h4">{t('imports.files')}</Title>
        {set.files > 0 && <Text>{t('imports.sent', { files: set.files, size: sizeOf(set.bytes) })}</Text>}
        <Group>
          <Pick label={t('imports.folder')} folder disabled={how?.running} onPick={(files) => void start(chosenOf(files))} />
          <Pick label={t('imports.some')} disabled={how?.running} onPick={(files) => void start(chosenOf(files))} />
          <Text c="gray.4">{t('imports.drop')}</Text>
        </Group>
        {how?.running && <Pace how={how} onStop={() => stop.current?.abort()} />}
        {how && !how.running && how.failed.length > 0 && (
          <Alert color="red" role="alert">
            {how.failed.length === 1 ? t('imports.unsent_one', { reason: how.reason }) : t('imports.unsent_many', { files: how.failed.length, reason: how.reason })}{' '}
            <Button size="compact-sm" variant="default" onClick={() => void start(how.failed)}>{t('imports.resend')}</Button>
          </Alert>
        )}
        <Refusal error={error} />
        <Text size="sm" c="gray.4">{t('imports.kept', { days: DAYS })}</Text>
      </Stack>
    </Paper>
  )
}

function Pick({ label, folder = false, disabled, onPick }: { label: string; folder?: boolean; disabled?: boolean; onPick(files: File[]): void }) {
  // Every browser knows it by this name, and no type does.
  const inputProps = { 'aria-label': label, ...(folder ? { webkitdirectory: '' } : {}) } as object
  return (
    <FileButton multiple disabled={disabled} onChange={onPick} inputProps={inputProps}>
      {(props) => <Button variant="default" disabled={disabled} {...props}>{label}</Button>}
    </FileButton>
  )
}

function Pace({ how: { files, bytes, done, sent, since }, onStop }: { how: Sending; onStop(): void }) {
  const { t } = useTranslation()
  const said = t('imports.sending', { done, all: files, size: sizeOf(sent), total: sizeOf(bytes) })
  // The time goes on between two pieces as well.
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds((performance.now() - since) / 1000), 1000)
    return () => clearInterval(timer)
  }, [since])
  const left = secondsLeft(sent, bytes, seconds)
  return (
    <Group>
      <Stack gap={4} flex={1}>
        <Text size="sm">{said}{left !== null && ` · ${t('imports.left', { time: clockOf(left) })}`}</Text>
        <Progress value={bytes > 0 ? (100 * sent) / bytes : 100} aria-label={said} />
      </Stack>
      <Button variant="default" size="compact-sm" onClick={onStop}>{t('imports.stop')}</Button>
    </Group>
  )
}
