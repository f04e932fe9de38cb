// What the reader has made of the case: pure steps, each undoable. What comes from the server starts a new history.
import type { Content, Region, Suggestion } from '../api/client'
import type { Box } from '../model/geometry'
import { freshId } from '../model/id'

export interface State {
  content: Content
  past: readonly Content[]
  future: readonly Content[]
  // Steps with the same tag right after each other are one: typing a description is one step, not forty.
  tag: string | null
}

export type Step =
  | { kind: 'draw'; id: string; frame: number; bbox: Box }
  | { kind: 'place'; id: string; bbox: Box; tag?: string }
  | { kind: 'describe'; id: string; change: Partial<Pick<Region, 'concept' | 'presence'>> }
  | { kind: 'write'; id: string; lang: string; text: string }
  | { kind: 'remove'; id: string }
  | { kind: 'copy'; id: string; of: string; bbox: Box }
  | { kind: 'accept'; id: string; suggestion: Suggestion }
  | { kind: 'reject'; suggestion: string }
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
  if (tag !== null && tag === state.tag) return { ...state, content, future: [] }
  return { content, past: [...state.past, state.content], future: [], tag }
}

function tagOf(action: Step): string | null {
  if (action.kind === 'write') return `write/${action.id}/${action.lang}`
  return action.kind === 'place' ? (action.tag ?? null) : null
}

function apply(content: Content, action: Step): Content {
  const change = (id: string, to: (region: Region) => Region): Content => ({
    ...content,
    regions: content.regions.map((region) => (region.id === id ? to(region) : region)),
  })
  switch (action.kind) {
    case 'draw':
      return add(content, { id: action.id, frame: action.frame, bbox: [...action.bbox], concept: null, presence: 'present', texts: {} })
    case 'place':
      return change(action.id, (region) => ({ ...region, bbox: [...action.bbox] }))
    case 'describe':
      return change(action.id, (region) => ({ ...region, ...action.change }))
    case 'write':
      return change(action.id, (region) => ({ ...region, texts: { ...region.texts, [action.lang]: action.text } }))
    case 'remove':
      return { ...content, regions: content.regions.filter((region) => region.id !== action.id) }
    case 'copy': {
      // A copy is the reader's own: it does not come from the suggestion that its model grew from.
      const of = content.regions.find((region) => region.id === action.of)
      return of ? add(content, { ...of, id: action.id, bbox: [...action.bbox], origin: null }) : content
    }
    case 'accept':
      return add(content, grown(action.id, action.suggestion))
    case 'reject':
      return { ...content, rejected: [...(content.rejected ?? []), action.suggestion] }
  }
}

const add = (content: Content, region: Region): Content => ({ ...content, regions: [...content.regions, region] })

// A region keeps the suggestion it grew from.
function grown(id: string, { id: origin, bbox, concept, texts }: Suggestion): Region {
  return { id, frame: 0, bbox: [...bbox], concept, presence: 'present', texts: { ...texts }, origin }
}

// The suggestions that wait for the reader's word.
export function waiting(content: Content, suggestions: readonly Suggestion[]): Suggestion[] {
  const settled = new Set([...(content.rejected ?? []), ...content.regions.map((region) => region.origin)])
  return suggestions.filter((suggestion) => !settled.has(suggestion.id))
}

// Both versions of one annotation in one: theirs, plus what mine says otherwise. A region that both changed is kept twice,
// mine under a new id, for the reader to settle: choosing one would throw away what somebody wrote.
export function merged(mine: Content, theirs: Content, newId: () => string = freshId): Content {
  const known = new Map(theirs.regions.map((region) => [region.id, region]))
  const added = mine.regions.flatMap((region) => {
    const other = known.get(region.id)
    if (!other) return [region]
    return same({ regions: [region] }, { regions: [other] }) ? [] : [{ ...region, id: newId() }]
  })
  const rejected = new Set([...(theirs.rejected ?? []), ...(mine.rejected ?? [])])
  return { regions: [...theirs.regions, ...added], rejected: [...rejected] }
}

// Whether two versions say the same, whatever the server adds or leaves out where a field has its default.
export function same(a: Content, b: Content): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b))
}

function plain({ regions, rejected }: Content) {
  const said = regions.map((r) => [
    r.id, r.frame ?? 0, r.bbox, r.concept ?? null, r.presence ?? 'present', r.origin ?? null,
    Object.entries(r.texts ?? {}).filter(([, text]) => text !== '').sort(([x], [y]) => (x < y ? -1 : 1)),
  ])
  return [said, [...(rejected ?? [])].sort()]
}
