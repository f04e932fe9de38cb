// What the reader has made of the case: pure steps, each undoable. What comes from the server starts a new history.
import type { Content, Presence, Question, Region, Sentence, Suggestion, Verdict } from '../api/client'
import type { Box } from '../model/geometry'

export interface State {
  content: Content
  past: readonly Content[]
  future: readonly Content[]
  // Steps with the same tag right after each other are one: typing a sentence is one step, not forty.
  tag: string | null
}
// What stands in an order of the reader's.
export type Ordered = 'regions' | 'report' | 'questions'

export type Step =
  | { kind: 'draw'; id: string; frame: number; bbox: Box }
  | { kind: 'place'; id: string; bbox: Box; tag?: string }
  | { kind: 'describe'; id: string; change: Partial<Pick<Region, 'concept' | 'presence'>> }
  | { kind: 'write'; id: string; lang: string; text: string }
  // Both descriptions at once, as a phrase that was used before gives them.
  | { kind: 'phrase'; id: string; texts: Record<string, string> }
  | { kind: 'remove'; id: string }
  | { kind: 'copy'; id: string; of: string; bbox: Box; frame?: number }
  | { kind: 'accept'; id: string; suggestion: Suggestion }
  | { kind: 'reject'; suggestion: string }
  | { kind: 'reorder'; part: Ordered; id: string; by: -1 | 1 }
  | { kind: 'add'; part: 'report' | 'questions'; id: string }
  | { kind: 'drop'; part: 'report' | 'questions'; id: string }
  | { kind: 'say'; id: string; lang: string; text: string }
  | { kind: 'link'; id: string; regions: readonly string[] }
  | { kind: 'ask'; id: string; field: 'question' | 'answer'; lang: string; text: string }
  | { kind: 'about'; id: string; region: string | null }
  | { kind: 'label'; concept: string; presence: Presence | null }
  | { kind: 'judge'; verdict: Verdict | null }
export type Action = Step | { kind: 'undo' } | { kind: 'redo' } | { kind: 'settle' } | { kind: 'load'; content: Content }

export const EMPTY: Content = { regions: [], rejected: [] }
export const start = (content: Content): State => ({ content, past: [], future: [], tag: null })

export function reduce(state: State, action: Action): State {
  switch (action.kind) {
    case 'load':
      return start(action.content)
    case 'settle':
      return { ...state, tag: null }
    case 'undo':
      return travel(state, state.past, state.future, (past, future) => ({ past, future }))
    case 'redo':
      return travel(state, state.future, state.past, (future, past) => ({ past, future }))
    default:
      return step(state, action)
  }
}

function travel(
  state: State,
  from: readonly Content[],
  to: readonly Content[],
  arrange: (from: readonly Content[], to: readonly Content[]) => Pick<State, 'past' | 'future'>,
): State {
  const next = from.at(-1)
  if (next === undefined) return state
  return { content: next, tag: null, ...arrange(from.slice(0, -1), [...to, state.content]) }
}

function step(state: State, action: Step): State {
  const content = apply(state.content, action)
  if (content === state.content) return state
  const tag = tagOf(action)
  const goesOn = endsSentence(state.content, action) ? null : tag
  if (tag !== null && tag === state.tag) return { ...state, content, future: [], tag: goesOn }
  return { content, past: [...state.past, state.content], future: [], tag: goesOn }
}

function tagOf(action: Step): string | null {
  switch (action.kind) {
    case 'write':
    case 'say':
      return `${action.kind}/${action.id}/${action.lang}`
    case 'ask':
      return `ask/${action.id}/${action.field}/${action.lang}`
    case 'judge':
      return action.verdict?.kind === 'not_assessable' && action.verdict.reason ? 'judge/reason' : null
    case 'place':
      return action.tag ?? null
    default:
      return null
  }
}

// A sentence that is finished is a step of its own: undoing takes one back, not the whole description. What is written in the middle of
// a finished text finishes nothing.
const SENTENCE_END = /[.!?;。！？；\n]\s*$/
const endsSentence = (content: Content, action: Step) => 'text' in action && SENTENCE_END.test(action.text) && !SENTENCE_END.test(written(content, action))

// What stands where a text is being written.
function written(content: Content, action: Extract<Step, { text: string }>): string {
  const of = <T extends { id: string }>(items: readonly T[] | undefined) => items?.find(({ id }) => id === action.id)
  switch (action.kind) {
    case 'write':
      return of(content.regions)?.texts?.[action.lang] ?? ''
    case 'say':
      return of(content.report)?.texts?.[action.lang] ?? ''
    case 'ask':
      return of(content.questions)?.[action.field]?.[action.lang] ?? ''
  }
}

function apply(content: Content, action: Step): Content {
  switch (action.kind) {
    case 'draw':
      return add(content, { id: action.id, frame: action.frame, bbox: [...action.bbox], concept: null, presence: 'present', texts: {} })
    case 'place':
      return change(content, action.id, (region) => ({ ...region, bbox: [...action.bbox] }))
    case 'describe':
      return change(content, action.id, (region) => ({ ...region, ...action.change }))
    case 'write':
      return change(content, action.id, (region) => ({ ...region, texts: { ...region.texts, [action.lang]: action.text } }))
    case 'phrase':
      return change(content, action.id, (region) => ({ ...region, texts: { ...region.texts, ...action.texts } }))
    case 'remove':
      return remove(content, action.id)
    case 'copy': {
      // A copy is the reader's own: it does not come from the suggestion that its model grew from.
      const of = content.regions.find((region) => region.id === action.of)
      return of ? add(content, { ...of, id: action.id, bbox: [...action.bbox], frame: action.frame ?? of.frame, origin: null }) : content
    }
    case 'accept':
      return add(content, grown(action.id, action.suggestion))
    case 'reject':
      return { ...content, rejected: [...(content.rejected ?? []), action.suggestion] }
    default:
      return applyToImage(content, action)
  }
}

type ImageStep = Extract<Step, { kind: 'reorder' | 'add' | 'drop' | 'say' | 'link' | 'ask' | 'about' | 'label' | 'judge' }>

// What is said of the image as a whole.
function applyToImage(content: Content, action: ImageStep): Content {
  switch (action.kind) {
    case 'reorder':
      return { ...content, [action.part]: shifted<{ id: string }>(content[action.part] ?? [], action.id, action.by) }
    case 'add':
      return { ...content, [action.part]: [...(content[action.part] ?? []), { id: action.id }] }
    case 'drop':
      return { ...content, [action.part]: (content[action.part] ?? []).filter(({ id }) => id !== action.id) }
    case 'say':
      return reword(content, action.id, (sentence) => ({ ...sentence, texts: { ...sentence.texts, [action.lang]: action.text } }))
    case 'link':
      return reword(content, action.id, (sentence) => ({ ...sentence, regions: [...action.regions] }))
    case 'ask':
      return reask(content, action.id, (question) => ({ ...question, [action.field]: { ...question[action.field], [action.lang]: action.text } }))
    case 'about':
      return reask(content, action.id, (question) => ({ ...question, region: action.region }))
    case 'label': {
      const others = (content.findings ?? []).filter((finding) => finding.concept !== action.concept)
      return { ...content, findings: action.presence ? [...others, { concept: action.concept, presence: action.presence }] : others }
    }
    case 'judge':
      return { ...content, verdict: action.verdict }
  }
}

const changed = <T extends { id: string }>(items: readonly T[], id: string, to: (item: T) => T): T[] =>
  items.map((item) => (item.id === id ? to(item) : item))
const change = (content: Content, id: string, to: (region: Region) => Region): Content => ({ ...content, regions: changed(content.regions, id, to) })
const reword = (content: Content, id: string, to: (sentence: Sentence) => Sentence): Content => ({ ...content, report: changed(content.report ?? [], id, to) })
const reask = (content: Content, id: string, to: (question: Question) => Question): Content => ({ ...content, questions: changed(content.questions ?? [], id, to) })

// Where something is there, nothing found is no longer the verdict.
function add(content: Content, region: Region): Content {
  const verdict = content.verdict?.kind === 'nothing_found' ? null : content.verdict
  return { ...content, verdict, regions: [...content.regions, region] }
}

// With a region goes what points at it: the server knows no link to nothing.
function remove(content: Content, id: string): Content {
  return unlinked({ ...content, regions: content.regions.filter((region) => region.id !== id) })
}

export function unlinked(content: Content): Content {
  const ids = new Set(content.regions.map((region) => region.id))
  return {
    ...content,
    report: content.report?.map((sentence) => ({ ...sentence, regions: sentence.regions?.filter((id) => ids.has(id)) })),
    questions: content.questions?.map((question) => (question.region && !ids.has(question.region) ? { ...question, region: null } : question)),
  }
}

function shifted<T extends { id: string }>(items: readonly T[], id: string, by: -1 | 1): T[] {
  const from = items.findIndex((item) => item.id === id)
  const [here, there] = [items[from], items[from + by]]
  if (!here || !there) return [...items]
  return items.map((item) => (item === here ? there : item === there ? here : item))
}

// A region keeps the suggestion it grew from.
function grown(id: string, { id: origin, bbox, concept, texts }: Suggestion): Region {
  return { id, frame: 0, bbox: [...bbox], concept, presence: 'present', texts: { ...texts }, origin }
}

// The suggestions that wait for the reader's word.
export function waiting(content: Content, suggestions: readonly Suggestion[]): Suggestion[] {
  const settled = new Set([...(content.rejected ?? []), ...content.regions.map((region) => region.origin)])
  return suggestions.filter((suggestion) => !settled.has(suggestion.id))
}

// Whether the reader has said nothing of what is in the image, so that a verdict is asked for.
export function isSilent({ regions, report, findings, verdict }: Content): boolean {
  return regions.length === 0 && !report?.length && !findings?.length && !verdict
}
