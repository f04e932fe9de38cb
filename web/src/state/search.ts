// Finding a concept by any of its names, in whatever language they are: names, synonyms, codes.
import type { Concept } from '../api/client'

// What is compared: width, case and accents do not count.
const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim()

function words({ key, names, synonyms, codes }: Concept): string[] {
  const other = [...Object.values(synonyms ?? {}).flat(), ...Object.entries(codes ?? {}).flatMap(([name, code]) => [code, `${name}:${code}`])]
  return [...Object.values(names), ...other, key.replaceAll('_', ' ')]
}

// How well a word answers: whole, from its beginning, from the beginning of one of its words, anywhere; null for not at all.
function rank(word: string, sought: string): number | null {
  const text = plain(word)
  if (text === sought) return 0
  if (text.startsWith(sought)) return 1
  const at = text.indexOf(sought)
  return at < 0 ? null : /[\s\p{P}]/u.test(text[at - 1] ?? '') ? 2 : 3
}

// The concepts that every part of what was typed is found in, the nearest first.
export function searchConcepts(concepts: readonly Concept[], typed: string): Concept[] {
  const sought = plain(typed)
  const parts = sought.split(/\s+/).filter(Boolean)
  if (parts.length === 0) return [...concepts]
  const hits = concepts.flatMap((concept, index) => {
    const all = words(concept)
    const whole = nearest(all, sought)
    const found = whole !== null || parts.every((part) => nearest(all, part) !== null)
    return found ? [{ concept, index, rank: whole ?? Infinity }] : []
  })
  return hits.sort((a, b) => (a.rank === b.rank ? a.index - b.index : a.rank - b.rank)).map(({ concept }) => concept)
}

function nearest(all: readonly string[], sought: string): number | null {
  return all.map((word) => rank(word, sought)).reduce((best, one) => (one !== null && (best === null || one < best) ? one : best), null)
}
