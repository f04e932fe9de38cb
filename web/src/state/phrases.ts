// What a reader has written of each concept before, kept in this browser: the same words need not be typed again.
import { get, update } from 'idb-keyval'
import type { Content } from '../api/client'

export interface Phrase {
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

export const phrasesOf = async (project: string, reader: string) => (await get<Phrase[]>(keyOf(project, reader))) ?? []
export const learn = (project: string, reader: string, content: Content) =>
  update<Phrase[]>(keyOf(project, reader), (known) => learnt(known ?? [], content))
