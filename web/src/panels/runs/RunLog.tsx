// What the workers of a run said, newest last.
import { ScrollArea, Text } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { LoggedLine, Run } from '../../api/client'
import { useRunLog } from '../../api/queries'
import { Asked } from '../Asked'

const COLOURS = { info: 'gray.3', warn: 'yellow.4', error: 'red.4' } as const

export function RunLog({ run }: { run: Run }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('runs.log')}</summary>
      {open && <Said run={run} />}
    </details>
  )
}

function Said({ run }: { run: Run }) {
  const { t } = useTranslation()
  const log = useRunLog(run.id, run.state)
  return <Asked query={log} quiet>{({ lines }) => (lines.length === 0 ? <Text size="sm">{t('runs.log_none')}</Text> : <Lines lines={lines} />)}</Asked>
}

function Lines({ lines }: { lines: readonly LoggedLine[] }) {
  const { t } = useTranslation()
  const view = useRef<HTMLDivElement>(null)
  const last = lines.at(-1)
  // The newest line is the one to see.
  useEffect(() => {
    if (view.current) view.current.scrollTop = view.current.scrollHeight
  }, [last?.attempt, last?.number])
  return (
    <ScrollArea.Autosize mah={280} type="auto" viewportRef={view} viewportProps={{ tabIndex: 0, 'aria-label': t('runs.log'), role: 'log' }}>
      {lines.map(({ attempt, number, at, level, message }) => (
        <Text key={`${attempt}.${number}`} size="xs" ff="monospace" c={COLOURS[level]} style={{ overflowWrap: 'anywhere' }}>
          {at.slice(0, 19).replace('T', ' ')} #{attempt} {level === 'info' ? '' : `${level.toUpperCase()} `}{message}
        </Text>
      ))}
    </ScrollArea.Autosize>
  )
}
