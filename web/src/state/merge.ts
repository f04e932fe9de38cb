// Two versions of one annotation: whether they say the same, where they differ, and one made of both.
import type { Content } from '../api/client'
import { freshId } from '../model/id'
import { unlinked } from './annotation'

export const PARTS = ['regions', 'report', 'questions', 'findings', 'verdict'] as const
export type Part = (typeof PARTS)[number]
export type Side = 'mine' | 'theirs'

// A thing by its fields, one for each text; a field that has its default is left out, whoever wrote it down.
export type Fields = Record<string, unknown>
export interface Difference {
  part: Part
  key: string
  mine: Fields | null
  theirs: Fields | null
  // What both have and say otherwise.
  fields: string[]
}
// Which side each difference is settled by: under its name, or under its name and a field.
export type Picks = Record<string, Side>
export const nameOf = ({ part, key }: Pick<Difference, 'part' | 'key'>, field?: string) => [part, key, field].filter(Boolean).join('/')

type Items = Map<string, Fields>

function itemsOf(content: Content, part: Part): Items {
  const list: readonly object[] = part === 'verdict' ? [content.verdict].filter((verdict) => verdict != null) : (content[part] ?? [])
  return new Map(list.map((item) => [keyOf(item), fieldsOf(item)]))
}

const keyOf = (item: object) => ('id' in item ? String(item.id) : 'concept' in item ? String(item.concept) : '')

function fieldsOf(item: object): Fields {
  const fields = Object.entries(item).flatMap(([name, value]): [string, unknown][] => {
    if (Array.isArray(value)) return [[name, name === 'regions' ? [...value].sort() : value]]
    return value !== null && typeof value === 'object' ? Object.entries(value).map(([lang, text]) => [`${name}.${lang}`, text]) : [[name, value]]
  })
  return Object.fromEntries(fields.filter(([name, value]) => !isDefault(name, value)).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function isDefault(name: string, value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  return (name === 'frame' && value === 0) || (name === 'presence' && value === 'present') || (Array.isArray(value) && value.length === 0)
}

// The thing that has these fields.
function itemOf(fields: Fields): Record<string, unknown> {
  const item: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(fields)) {
    const [name = '', lang] = path.split('.')
    item[name] = lang === undefined ? value : { ...(item[name] as object | undefined), [lang]: value }
  }
  return item
}

const equal = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

// Whether two versions say the same, whatever the server adds or leaves out where a field has its default.
export function same(a: Content, b: Content): boolean {
  const rejected = (content: Content) => [...(content.rejected ?? [])].sort()
  return equal(rejected(a), rejected(b)) && PARTS.every((part) => equal([...itemsOf(a, part)], [...itemsOf(b, part)]))
}

export function differences(mine: Content, theirs: Content): Difference[] {
  return PARTS.flatMap((part) => {
    const [here, there] = [itemsOf(mine, part), itemsOf(theirs, part)]
    return [...new Set([...there.keys(), ...here.keys()])].flatMap((key): Difference[] => {
      const [a, b] = [here.get(key) ?? null, there.get(key) ?? null]
      const fields = a && b ? namesIn(a, b).filter((name) => !equal(a[name], b[name])) : []
      return a && b && fields.length === 0 ? [] : [{ part, key, mine: a, theirs: b, fields }]
    })
  })
}

const namesIn = (a: Fields, b: Fields) => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()

// What is kept where the reader has not said otherwise: all that only one side has, and one's own words.
export const pickOf = (picks: Picks, difference: Difference, field?: string): Side =>
  picks[nameOf(difference, field)] ?? (difference.mine ? 'mine' : 'theirs')

// One version of both, as the reader has settled each difference. Theirs come first, in their order.
export function settled(mine: Content, theirs: Content, picks: Picks): Content {
  const open = new Map(differences(mine, theirs).map((difference) => [nameOf(difference), difference]))
  const part = (part: Part) => {
    const [here, there] = [itemsOf(mine, part), itemsOf(theirs, part)]
    return [...new Map([...there, ...here]).keys()].flatMap((key) => {
      const difference = open.get(nameOf({ part, key }))
      const fields = difference ? decided(difference, picks) : there.get(key)
      return fields ? [itemOf(fields)] : []
    })
  }
  const rejected = new Set([...(theirs.rejected ?? []), ...(mine.rejected ?? [])])
  const lists = Object.fromEntries(PARTS.map((name) => [name, part(name)]))
  return unlinked({ ...lists, verdict: lists['verdict']?.[0] ?? null, rejected: [...rejected] } as unknown as Content)
}

function decided(difference: Difference, picks: Picks): Fields | null {
  const { mine, theirs, fields } = difference
  if (!mine || !theirs) return pickOf(picks, difference) === 'mine' ? mine : theirs
  const taken = fields.map((name) => [name, (pickOf(picks, difference, name) === 'mine' ? mine : theirs)[name]])
  return { ...theirs, ...Object.fromEntries(taken) }
}

// Both versions in one: theirs, plus what mine says otherwise. What both changed is kept twice, mine under a new id, for the
// reader to settle: choosing one would throw away what somebody wrote. A label or verdict can stand only once: theirs stays.
export function merged(mine: Content, theirs: Content, newId: () => string = freshId): Content {
  const changed = new Set(differences(mine, theirs).filter((d) => d.mine && d.theirs).map(({ key }) => key))
  const added = <T extends { id: string }>(here: readonly T[] = [], there: readonly T[] = []): T[] => {
    const known = new Set(there.map(({ id }) => id))
    return [...there, ...here.flatMap((item) => (!known.has(item.id) ? [item] : changed.has(item.id) ? [{ ...item, id: newId() }] : []))]
  }
  const labelled = new Set(theirs.findings?.map(({ concept }) => concept))
  return unlinked({
    regions: added(mine.regions, theirs.regions),
    report: added(mine.report, theirs.report),
    questions: added(mine.questions, theirs.questions),
    findings: [...(theirs.findings ?? []), ...(mine.findings ?? []).filter(({ concept }) => !labelled.has(concept))],
    verdict: theirs.verdict ?? mine.verdict ?? null,
    rejected: [...new Set([...(theirs.rejected ?? []), ...(mine.rejected ?? [])])],
  })
}
