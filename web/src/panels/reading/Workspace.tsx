import { Alert, Box as Area, Button, ScrollArea, Stack, Tabs, Text, Title, VisuallyHidden } from '@mantine/core'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, type Case, type Concept, type Region, type SaidRegion, type Settings, type Suggestion, type Verdict } from '../../api/client'
import { useSettings } from '../../api/queries'
import type { Picture } from '../../canvas/tiled'
import type { Drawn } from '../../canvas/Boxes'
import { reasonIn } from '../../i18n/reasons'
import { useInWords } from '../../i18n/refusal'
import { conceptName } from '../../i18n/conceptName'
import { moved, type Box } from '../../model/geometry'
import { freshId } from '../../model/id'
import { isSilent, waiting } from '../../state/annotation'
import type { Saving } from '../../state/outbox'
import { PageTitle } from '../PageTitle'
import { Refusal } from '../Refusal'
import { AskPanel } from './AskPanel'
import { Conflict } from './Conflict'
import { FindingsPanel } from './FindingsPanel'
import { ImagePane, type ImageKeys } from './ImagePane'
import { KeyList } from './KeyList'
import { useKeys } from './keys'
import { PRESENCES } from './Presences'
import { QuestionsPanel } from './QuestionsPanel'
import { RegionPanel, RegionRow } from './RegionPanel'
import { ReportPanel } from './ReportPanel'
import { SuggestionPanel } from './SuggestionPanel'
import { useCase, type Hold } from './useCase'
import { VerdictDialog } from './VerdictDialog'

interface Props {
  opened: Case
  raster: Picture
  langs: readonly string[]
  concepts: readonly Concept[]
  onNext(): void
}
const HEADER = 48
const PANEL = 384
// Image pixels between a region and its copy, so that both can be seen.
const COPY_OFFSET = 10
const PANELS = ['regions', 'report', 'questions', 'findings', 'ask'] as const
type Panel = (typeof PANELS)[number]
// A hold that could not be renewed for five minutes is told of; it lasts for a quarter of an hour.
const WARN_MINUTES = 10

export function Workspace({ opened, raster, langs, concepts, onNext }: Props) {
  const { t, i18n } = useTranslation()
  const { state, dispatch, saving, lease, resolve, submit } = useCase(opened)
  const { content } = state
  const [selected, setSelected] = useState<string | null>(null)
  const [help, setHelp] = useState(false)
  const { settings, change } = useSettings()
  // How the next box is drawn.
  const [twoClicks, setTwoClicks] = useState(settings.two_clicks)
  const [shown, setShown] = useState<Panel>('regions')
  // Whether a verdict is asked for: there is nothing else to submit.
  const [asking, setAsking] = useState(false)
  const [refused, setRefused] = useState<Error | null>(null)
  const [sending, setSending] = useState(false)
  // Whether a submit was asked for that had to wait for what is not saved yet.
  const [late, setLate] = useState(false)
  // What the model's answer speaks of, as long as it is read.
  const [spoken, setSpoken] = useState<readonly SaidRegion[]>([])
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
  // Whether the offered suggestion is shown with the box that holds all of what it marks, as often as its model promises.
  const [outer, setOuter] = useState(false)
  const nameOf = (key: string | null | undefined) => conceptName(concepts, key, i18n.language) ?? t('read.choose')
  const named = content.regions.map((region, index) => ({ value: region.id, label: `${index + 1} ${nameOf(region.concept)}` }))
  const boxes: Drawn[] = [
    ...open.map((s) => ({ id: s.id, bbox: boxOf(s.bbox), name: `${nameOf(s.concept)} ${Math.round(s.confidence * 100)} %`, kind: 'suggestion' as const, frame: 0 })),
    ...spoken.map((s, index) => ({ id: `answer/${index}`, bbox: boxOf(s.bbox), name: s.name, kind: 'answer' as const, frame: 0 })),
    ...content.regions.map((r, index) => ({ id: r.id, bbox: boxOf(r.bbox), name: named[index]?.label ?? '', kind: 'region' as const, frame: r.frame ?? 0 })),
  ]
  const calledInWords = ({ id, concept }: Region) => `${content.regions.findIndex((region) => region.id === id) + 1} ${conceptName(concepts, concept, i18n.language) ?? ''}`.trim()
  // A region that is chosen is one that can be seen.
  const choose = useCallback((id: string | null) => {
    setSelected(id)
    if (id !== null) setShown('regions')
  }, [])
  const draw = (bbox: Box) => {
    const id = freshId()
    dispatch({ kind: 'draw', id, frame, bbox })
    setTwoClicks(settings.two_clicks)
    choose(id)
  }
  const drawMiddle = () => draw(view.current?.middle() ?? middle(raster))
  const step = (by: number) => {
    const ids = [...content.regions, ...open].map(({ id }) => id)
    const at = ids.indexOf(selected ?? '')
    choose(ids.at(at < 0 ? (by > 0 ? 0 : -1) : (at + by) % ids.length) ?? null)
  }
  const copyOn = (region: Region) => {
    const next = (region.frame ?? 0) + 1
    if (next >= opened.image.frames) return
    const id = freshId()
    dispatch({ kind: 'copy', id, of: region.id, bbox: boxOf(region.bbox), frame: next })
    choose(id)
  }
  const turnPresence = (region: Region) => {
    const next = PRESENCES[(PRESENCES.indexOf(region.presence ?? 'present') + 1) % PRESENCES.length]
    dispatch({ kind: 'describe', id: region.id, change: { presence: next } })
  }
  const focus = (part: string) => panel.current?.querySelector<HTMLElement>(part)?.focus()
  const nextPanel = () => {
    const next = PANELS[(PANELS.indexOf(shown) + 1) % PANELS.length] ?? 'regions'
    setShown(next)
    focus(`[data-panel=${next}]`)
  }
  const duplicate = (region: Region) => {
    const id = freshId()
    dispatch({ kind: 'copy', id, of: region.id, bbox: moved(boxOf(region.bbox), COPY_OFFSET, COPY_OFFSET, raster) })
    choose(id)
  }
  const accept = (suggestion: Suggestion | undefined, stay: boolean) => {
    if (!suggestion) return
    const id = freshId()
    dispatch({ kind: 'accept', id, suggestion })
    if (stay) choose(id)
  }
  const reject = (suggestion: Suggestion | undefined) => suggestion && dispatch({ kind: 'reject', suggestion: suggestion.id })
  const unseenText = unseen > 0 && content.regions.length === 0 ? t('read.unseen', { frames: unseen }) : null
  const finish = (verdict?: Verdict) => {
    if (sending) return
    setAsking(false)
    if (!verdict && isSilent(content)) return setAsking(true)
    if (unseenText && (verdict ?? content.verdict)?.kind !== 'not_assessable') return setRefused(new Error(unseenText))
    setSending(true)
    setRefused(null)
    setLate(false)
    const stay = (why: Error | null) => {
      setSending(false)
      setRefused(why)
      setLate(why === null)
    }
    submit(verdict).then((done) => (done ? onNext() : stay(null)), stay)
  }
  useKeys({
    nudge: (dx, dy) => chosen && dispatch({ kind: 'place', id: chosen.id, bbox: moved(boxOf(chosen.bbox), dx, dy, raster) }),
    newBox: drawMiddle,
    twoClicks: () => setTwoClicks(!twoClicks),
    cancel: twoClicks && !settings.two_clicks ? () => setTwoClicks(false) : undefined,
    next: () => step(1),
    previous: () => step(-1),
    later: () => chosen && dispatch({ kind: 'reorder', part: 'regions', id: chosen.id, by: 1 }),
    earlier: () => chosen && dispatch({ kind: 'reorder', part: 'regions', id: chosen.id, by: -1 }),
    duplicate: () => chosen && duplicate(chosen),
    copyOn: () => chosen && copyOn(chosen),
    remove: () => chosen && dispatch({ kind: 'remove', id: chosen.id }),
    concept: () => focus('[data-chosen] [data-picker]'),
    presence: () => chosen && turnPresence(chosen),
    describe: () => focus('[data-chosen] textarea'),
    phrases: () => panel.current?.querySelector<HTMLElement>('[data-chosen] [data-phrases]')?.click(),
    panel: nextPanel,
    accept: () => accept(offered, false),
    acceptAll: () => open.forEach((suggestion) => accept(suggestion, false)),
    adjust: () => accept(offered, true),
    reject: () => reject(offered),
    outer: () => setOuter((shown) => !shown),
    fit: () => view.current?.fit(),
    invert: () => view.current?.invert(),
    measure: () => view.current?.measure(),
    preset: (number) => view.current?.preset(number),
    scroll: (by) => view.current?.scroll(by),
    undo: () => dispatch({ kind: 'undo' }),
    redo: () => dispatch({ kind: 'redo' }),
    submit: () => finish(),
    help: () => setHelp(true),
  }, !sending, settings.letter_keys)
  // What had the focus may be gone: the card that was opened, the region that was deleted, the case before.
  useEffect(() => {
    const lost = document.activeElement === document.body || document.activeElement === heading.current
    if (lost) (panel.current?.querySelector<HTMLElement>('[data-chosen]') ?? heading.current)?.focus()
  }, [selected, content.regions.length])

  const set = (changed: Partial<Settings>) => {
    change(changed)
    if (changed.two_clicks !== undefined) setTwoClicks(changed.two_clicks)
  }
  const tools = (
    <>
      <Button size="compact-sm" variant="default" onClick={drawMiddle}>{t('read.new_box')}</Button>
      <Button size="compact-sm" variant={twoClicks ? 'filled' : 'default'} aria-pressed={twoClicks} onClick={() => setTwoClicks(!twoClicks)}>{t('read.two_clicks')}</Button>
      <Button size="compact-sm" variant="default" px={6} title={t('read.undo')} aria-label={t('read.undo')} disabled={state.past.length === 0} onClick={() => dispatch({ kind: 'undo' })}>↶</Button>
      <Button size="compact-sm" variant="default" px={6} title={t('read.redo')} aria-label={t('read.redo')} disabled={state.future.length === 0} onClick={() => dispatch({ kind: 'redo' })}>↷</Button>
      <Button size="compact-sm" variant="default" title={t('read.keys')} aria-label={t('read.keys')} onClick={() => setHelp(true)}>?</Button>
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
          outer={outer && frame === 0 && offered?.outer ? boxOf(offered.outer) : null}
          letters={settings.letter_keys}
          names={settings.box_names}
          twoClicks={twoClicks}
          tools={tools}
          onFrame={show}
          onSelect={choose}
          onDraw={draw}
          onPlace={(id, bbox, gesture) => dispatch({ kind: 'place', id, bbox, tag: gesture })}
          onSettle={() => dispatch({ kind: 'settle' })}
        />
      </Area>
      <Area component="aside" ref={panel} aria-label={t('read.regions')} style={{ width: PANEL, display: 'flex', flexDirection: 'column', borderLeft: '1px solid #373a40' }}>
        <Tabs value={shown} onChange={(value) => setShown(PANELS.find((one) => one === value) ?? 'regions')} keepMounted={false} style={{ flex: 1, minHeight: 0, display: 'flex', flexDirection: 'column' }}>
          <Tabs.List grow>
            {PANELS.map((one) => <Tabs.Tab key={one} value={one} data-panel={one} px={6}>{t(`panel.${one}`)} {(one !== 'ask' && content[one]?.length) || ''}</Tabs.Tab>)}
          </Tabs.List>
          <ScrollArea style={{ flex: 1 }} p="sm">
            <Stack gap="sm">
              {opened.choice && (
                <Alert color="cyan" p="xs" title={`${t('read.why')} (#${opened.choice.rank})`}>{reasonIn(t, opened.choice.reason, concepts, i18n.language)}</Alert>
              )}
              <HoldState hold={lease} />
              <Tabs.Panel value="regions">
                <Stack gap="sm">
                  {open.length > 0 && (
                    <SuggestionPanel suggestions={open} offered={offered?.id} nameOf={nameOf} onSelect={setSelected} onAccept={accept} onReject={reject} />
                  )}
                  <Title ref={heading} tabIndex={-1} order={2} size="h6">{t('read.regions')} ({content.regions.length})</Title>
                  {content.regions.length === 0 && <Text size="sm" c="gray.4">{t('read.none')}</Text>}
                  {content.regions.map((region, index) => {
                    const name = named[index]?.label ?? ''
                    if (region.id !== selected) return <RegionRow key={region.id} id={region.id} name={name} frame={region.frame} onSelect={setSelected} />
                    return (
                      <RegionPanel
                        key={region.id}
                        imageId={opened.image.id}
                        region={region}
                        name={name}
                        project={opened.image.project_id}
                        reader={opened.annotation.reader.id}
                        langs={langs}
                        concepts={concepts}
                        image={raster}
                        spacing={opened.image.pixel_spacing ?? null}
                        dispatch={dispatch}
                      />
                    )
                  })}
                </Stack>
              </Tabs.Panel>
              <Tabs.Panel value="report"><ReportPanel image={opened.image.id} report={content.report ?? []} langs={langs} regions={named} dispatch={dispatch} /></Tabs.Panel>
              <Tabs.Panel value="questions"><QuestionsPanel questions={content.questions ?? []} langs={langs} regions={named} dispatch={dispatch} /></Tabs.Panel>
              <Tabs.Panel value="findings">
                <FindingsPanel findings={content.findings ?? []} verdict={content.verdict ?? null} concepts={concepts} nameOf={nameOf} dispatch={dispatch} />
              </Tabs.Panel>
              <Tabs.Panel value="ask">
                <AskPanel image={opened.image.id} langs={langs} about={chosen && { name: calledInWords(chosen), bbox: boxOf(chosen.bbox) }} onSpoken={setSpoken} />
              </Tabs.Panel>
            </Stack>
          </ScrollArea>
        </Tabs>
        <Stack p="sm" gap={6} style={{ borderTop: '1px solid #373a40' }}>
          <Refusal error={refused} p="xs" />
          {late && <Alert color="yellow" role="alert" p="xs">{t('read.not_submitted')}</Alert>}
          <SavedState saving={saving} />
          <Button loading={sending} onClick={() => finish()}>{t('read.submit')} (Ctrl+Enter)</Button>
        </Stack>
      </Area>
      <KeyList opened={help} settings={settings} onChange={set} onClose={() => setHelp(false)} />
      {asking && <VerdictDialog unseen={unseenText} onJudge={finish} onClose={() => setAsking(false)} />}
      {saving.kind === 'conflict' && <Conflict theirs={saving.theirs} mine={content} conceptName={nameOf} onResolve={resolve} />}
    </Area>
  )
}

// Said while there is still time to do something about it, and once there is none.
function HoldState({ hold: { minutes, lost } }: { hold: Hold }) {
  const { t } = useTranslation()
  const warn = (text: string) => <Alert color="yellow" role="alert" p="xs">{text}</Alert>
  if (!lost) return null
  if (isGone(lost) || minutes === 0) return warn(t('read.lease_lost'))
  if (lost instanceof ApiError) return <Refusal error={lost} color="yellow" p="xs" />
  return minutes <= WARN_MINUTES ? warn(t('read.lease_ends', { minutes })) : null
}

function SavedState({ saving }: { saving: Saving }) {
  const { t } = useTranslation()
  const inWords = useInWords()
  const colour = { saved: 'teal.4', saving: 'gray.4', offline: 'yellow.4', held: 'yellow.4', refused: 'red.4', conflict: 'yellow.4' }[saving.kind]
  return (
    <Text size="sm" c={colour} aria-live="polite" data-testid="saving" data-saving={saving.kind}>
      {t(`saving.${saving.kind}`)}{saving.kind === 'refused' || saving.kind === 'held' ? `: ${inWords(saving.error)}` : ''}
    </Text>
  )
}

const isGone = (error: Error | null) => error instanceof ApiError && ['not_found', 'not_leased', 'leased'].includes(error.code)

// The server sends four numbers; the type of its document cannot say so.
export function boxOf(bbox: readonly number[]): Box {
  return [bbox[0] ?? 0, bbox[1] ?? 0, bbox[2] ?? 0, bbox[3] ?? 0]
}

function middle({ width, height }: Picture): Box {
  return [Math.round(width * 0.4), Math.round(height * 0.4), Math.round(width * 0.6), Math.round(height * 0.6)]
}
