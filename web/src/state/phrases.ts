// Words that need not be typed again: what a reader has written of each concept before, kept in this browser, and the templates that
// the project's leads wrote.
import { get, update } from 'idb-keyval'
import type { Content, Template } from '../api/client'

export interface Phrase {
  // What its template is called.
  name?: string
  concept: string
  texts: Record<string, string>
}

const KEPT = 8
const keyOf = (project: string, reader: string) => `phrases/${project}/${reader}`

// What was known with what this annotation says, newest first, each once, a few of each concept.
export function learnt(known: readonly Phrase[], { regions }: Content): Phrase[] {
  const fresh = regions.flatMap(({ concept, texts }) => {
    const written = Object.entries(texts ?? {}).filter(([, text]) => text.trim() !== '').sort()
    return concept && written.length > 0 ? [{ concept, texts: Object.fromEntries(written) }] : []
  })
  const all = new Map([...fresh, ...known].map((phrase) => [JSON.stringify([phrase.concept, phrase.texts]), phrase]))
  const count = new Map<string, number>()
  return [...all.values()].filter(({ concept }) => {
    count.set(concept, (count.get(concept) ?? 0) + 1)
    return (count.get(concept) ?? 0) <= KEPT
  })
}

// The templates for a region's concept, its own before those for every concept.
export function offered(templates: readonly Template[], concept: string | null | undefined): Phrase[] {
  const own = templates.filter((template) => template.concept && template.concept === concept)
  return [...own, ...templates.filter((template) => !template.concept)].map(({ name, texts }) => ({ name, concept: concept ?? '', texts }))
}

export const phrasesOf = async (project: string, reader: string) => (await get<Phrase[]>(keyOf(project, reader))) ?? []
export const learn = (project: string, reader: string, content: Content) =>
  update<Phrase[]>(keyOf(project, reader), (known) => learnt(known ?? [], content))
