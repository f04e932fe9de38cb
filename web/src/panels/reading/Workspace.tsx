import { Alert, Box as Area, Button, Group, Modal, ScrollArea, Stack, Switch, Text, Title, VisuallyHidden } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, type Annotation, type Case, type Concept, type Content, type Region, type Suggestion } from '../../api/client'
import type { Raster } from '../../canvas/levels'
import type { Drawn } from '../../canvas/Boxes'
import { useInWords } from '../../i18n/refusal'
import { moved, type Box } from '../../model/geometry'
import { freshId } from '../../model/id'
import { merged, waiting } from '../../state/annotation'
import type { Saving } from '../../state/outbox'
import { PageTitle } from '../PageTitle'
import { Refusal } from '../Refusal'
import { ImagePane, type ImageKeys } from './ImagePane'
import { useKeys } from './keys'
import { RegionPanel } from './RegionPanel'
import { SuggestionPanel } from './SuggestionPanel'
import { useCase } from './useCase'

interface Props {
  opened: Case
  raster: Raster
  langs: readonly string[]
  concepts: readonly Concept[]
  onNext(): void
}
const HEADER = 48
const PANEL = 372
// Image pixels between a region and its copy, so that both can be seen.
const COPY_OFFSET = 10

export function Workspace({ opened, raster, langs, concepts, onNext }: Props) {
  const { t, i18n } = useTranslation()
  const { state, dispatch, saving, leaseLost, resolve, submit } = useCase(opened)
  const { content } = state
  const [selected, setSelected] = useState<string | null>(null)
  const [help, setHelp] = useState(false)
  const [refused, setRefused] = useState<Error | null>(null)
  const [sending, setSending] = useState(false)
  const [letters, setLetters] = useLocalStorage({ key: 'letter_keys', defaultValue: true, getInitialValueInEffect: false })
  const view = useRef<ImageKeys>(null)
  const panel = useRef<HTMLElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  // The frame that is shown, and all that were.
  const [frame, setFrame] = useState(0)
  const [seen, setSeen] = useState<ReadonlySet<number>>(new Set([0]))
  const unseen = opened.image.frames - seen.size
  const show = useCallback((shown: number) => {
    setFrame(shown)
    setSeen((before) => (before.has(shown) ? before : new Set(before).add(shown)))
  }, [])
  const open = waiting(content, opened.suggestions)
  const chosen = content.regions.find((region) => region.id === selected)
  const offered = open.find((suggestion) => suggestion.id === selected) ?? open[0]
  const nameOf = (key: string | null | undefined) => conceptName(concepts, key, i18n.language) ?? t('read.choose')
  const boxes: Drawn[] = [
    ...open.map((s) => ({ id: s.id, bbox: boxOf(s.bbox), name: `${nameOf(s.concept)} ${Math.round(s.confidence * 100)} %`, kind: 'suggestion' as const, frame: 0 })),
    ...content.regions.map((r) => ({ id: r.id, bbox: boxOf(r.bbox), name: nameOf(r.concept), kind: 'region' as const, frame: r.frame ?? 0 })),
  ]
  const draw = (bbox: Box) => {
    const id = freshId()
    dispatch({ kind: 'draw', id, frame, bbox })
    setSelected(id)
  }
  const duplicate = (region: Region) => {
    const id = freshId()
    dispatch({ kind: 'copy', id, of: region.id, bbox: moved(boxOf(region.bbox), COPY_OFFSET, COPY_OFFSET, raster) })
    setSelected(id)
  }
  const accept = (suggestion: Suggestion | undefined, stay: boolean) => {
    if (!suggestion) return
    const id = freshId()
    dispatch({ kind: 'accept', id, suggestion })
    if (stay) setSelected(id)
  }
  const reject = (suggestion: Suggestion | undefined) => suggestion && dispatch({ kind: 'reject', suggestion: suggestion.id })
  const finish = () => {
    if (sending) return
    if (unseen > 0 && content.regions.length === 0) return setRefused(new Error(t('read.unseen', { frames: unseen })))
    setSending(true)
    setRefused(null)
    const stay = (why: Error | null) => {
      setSending(false)
      setRefused(why)
    }
    submit().then((done) => (done ? onNext() : stay(null)), stay)
  }
  useKeys({
    nudge: (dx, dy) => chosen && dispatch({ kind: 'place', id: chosen.id, bbox: moved(boxOf(chosen.bbox), dx, dy, raster) }),
    remove: () => chosen && dispatch({ kind: 'remove', id: chosen.id }),
    undo: () => dispatch({ kind: 'undo' }),
    redo: () => dispatch({ kind: 'redo' }),
    fit: () => view.current?.fit(),
    invert: () => view.current?.invert(),
    measure: () => view.current?.measure(),
    preset: (number) => view.current?.preset(number),
    scroll: (by) => view.current?.scroll(by),
    newBox: () => draw(middle(raster)),
    accept: () => accept(offered, false),
    acceptAll: () => open.forEach((suggestion) => accept(suggestion, false)),
    duplicate: () => chosen && duplicate(chosen),
    adjust: () => accept(offered, true),
    reject: () => reject(offered),
    submit: finish,
    help: () => setHelp(true),
  }, !sending, letters)
  // What had the focus may be gone: the card that was opened, the region that was deleted, the case before.
  useEffect(() => {
    const lost = document.activeElement === document.body || document.activeElement === heading.current
    if (lost) (panel.current?.querySelector<HTMLElement>('[data-chosen]') ?? heading.current)?.focus()
  }, [selected, content.regions.length])

  const tools = (
    <>
      <Button size="compact-sm" variant="default" onClick={() => draw(middle(raster))}>{t('read.new_box')}</Button>
      <Button size="compact-sm" variant="default" disabled={state.past.length === 0} onClick={() => dispatch({ kind: 'undo' })}>{t('read.undo')}</Button>
      <Button size="compact-sm" variant="default" disabled={state.future.length === 0} onClick={() => dispatch({ kind: 'redo' })}>{t('read.redo')}</Button>
      <Button size="compact-sm" variant="default" onClick={() => setHelp(true)}>{t('read.keys')} ?</Button>
    </>
  )

  return (
    // Nothing is written while it is submitted: it would be a later revision that nobody submitted.
    <Area inert={sending} style={{ display: 'flex', height: `calc(100vh - ${HEADER}px)` }}>
      <Area style={{ flex: 1, display: 'flex', flexDirection: 'column', minWidth: 0 }}>
        <VisuallyHidden component="div"><PageTitle>{t('read.title')}</PageTitle></VisuallyHidden>
        <ImagePane
          ref={view}
          image={opened.image}
          raster={raster}
          boxes={boxes}
          selected={selected}
          offered={offered?.id ?? null}
          letters={letters}
          tools={tools}
          onFrame={show}
          onSelect={setSelected}
          onDraw={draw}
          onPlace={(id, bbox, gesture) => dispatch({ kind: 'place', id, bbox, tag: gesture })}
          onSettle={() => dispatch({ kind: 'settle' })}
        />
      </Area>
      <Area component="aside" ref={panel} aria-label={t('read.regions')} style={{ width: PANEL, display: 'flex', flexDirection: 'column', borderLeft: '1px solid #373a40' }}>
        <ScrollArea style={{ flex: 1 }} p="sm">
          <Stack gap="sm">
            {opened.choice && (
              <Alert color="cyan" p="xs" title={`${t('read.why')} (#${opened.choice.rank})`}>{opened.choice.reason}</Alert>
            )}
            {isGone(leaseLost) ? <Alert color="yellow" role="alert" p="xs">{t('read.lease_lost')}</Alert> : <Refusal error={leaseLost} color="yellow" p="xs" />}
            {open.length > 0 && (
              <SuggestionPanel suggestions={open} offered={offered?.id} nameOf={nameOf} onSelect={setSelected} onAccept={accept} onReject={reject} />
            )}
            <Title ref={heading} tabIndex={-1} order={2} size="h6">{t('read.regions')} ({content.regions.length})</Title>
            {content.regions.length === 0 && <Text size="sm" c="gray.4">{t('read.none')}</Text>}
            {content.regions.map((region) => (
              <RegionPanel
                key={region.id}
                region={region}
                chosen={region.id === selected}
                langs={langs}
                concepts={concepts}
                image={raster}
                spacing={opened.image.pixel_spacing ?? null}
                dispatch={dispatch}
                onSelect={() => setSelected(region.id)}
              />
            ))}
          </Stack>
        </ScrollArea>
        <Stack p="sm" gap={6} style={{ borderTop: '1px solid #373a40' }}>
          <Refusal error={refused} p="xs" />
          <SavedState saving={saving} />
          <Button loading={sending} onClick={finish}>{content.regions.length === 0 ? t('read.submit_empty') : t('read.submit')} (Ctrl+Enter)</Button>
        </Stack>
      </Area>
      <Modal opened={help} onClose={() => setHelp(false)} title={t('read.keys')}>
        <Stack>
          <Text>{t('read.keys_text')}</Text>
          <Text>{t('view.keys_text')}</Text>
          <Switch label={t('read.letters')} checked={letters} onChange={(event) => setLetters(event.currentTarget.checked)} />
        </Stack>
      </Modal>
      {saving.kind === 'conflict' && <Conflict theirs={saving.theirs} mine={content} onResolve={resolve} />}
    </Area>
  )
}

function SavedState({ saving }: { saving: Saving }) {
  const { t } = useTranslation()
  const inWords = useInWords()
  const colour = { saved: 'teal.4', saving: 'gray.4', offline: 'yellow.4', refused: 'red.4', conflict: 'yellow.4' }[saving.kind]
  return (
    <Text size="sm" c={colour} aria-live="polite" data-testid="saving" data-saving={saving.kind}>
      {t(`saving.${saving.kind}`)}{saving.kind === 'refused' ? `: ${inWords(saving.error)}` : ''}
    </Text>
  )
}

function Conflict({ theirs, mine, onResolve }: { theirs: Annotation; mine: Content; onResolve(theirs: Annotation, content: Content): void }) {
  const { t } = useTranslation()
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} title={t('read.conflict_title')}>
      <Stack>
        <Text>{t('read.conflict_text', { theirs: theirs.content.regions.length, mine: mine.regions.length })}</Text>
        <Group>
          <Button onClick={() => onResolve(theirs, merged(mine, theirs.content))}>{t('read.both')}</Button>
          <Button variant="default" onClick={() => onResolve(theirs, mine)}>{t('read.mine')}</Button>
          <Button variant="default" onClick={() => onResolve(theirs, theirs.content)}>{t('read.theirs')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}

const isGone = (error: Error | null) => error instanceof ApiError && ['not_found', 'not_leased', 'leased'].includes(error.code)

// The server sends four numbers; the type of its document cannot say so.
export function boxOf(bbox: readonly number[]): Box {
  return [bbox[0] ?? 0, bbox[1] ?? 0, bbox[2] ?? 0, bbox[3] ?? 0]
}

function middle({ width, height }: Raster): Box {
  return [Math.round(width * 0.4), Math.round(height * 0.4), Math.round(width * 0.6), Math.round(height * 0.6)]
}

function conceptName(concepts: readonly Concept[], key: string | null | undefined, interfaceLang: string): string | undefined {
  const names = concepts.find((concept) => concept.key === key)?.names
  if (!names) return key ?? undefined
  const primary = interfaceLang.split('-')[0] ?? 'en'
  const own = Object.entries(names).find(([lang]) => lang.split('-')[0] === primary)
  return own?.[1] ?? Object.values(names)[0]
}
