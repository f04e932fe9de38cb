// A project's ontology as lines that a person can write: key | lesion or structure | one name per language.
import type { Concept } from '../api/client'

const KINDS = ['lesion', 'structure'] as const
type Kind = (typeof KINDS)[number]

export function conceptLines(concepts: readonly Concept[], langs: readonly string[]): string {
  return concepts.map(({ key, kind, names, modalities }) => [key, kind, ...langs.map((lang) => names[lang] ?? ''), ...(modalities ?? [])].join(' | ')).join('\n')
}

export interface Read {
  concepts: Concept[]
  // The number of the first line that is none, from 1.
  complaint: number | null
}
export function readConcepts(text: string, langs: readonly string[]): Read {
  const concepts: Concept[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const concept = readLine(line, langs)
    if (!concept) return { concepts, complaint: index + 1 }
    concepts.push(concept)
  }
  return { concepts, complaint: null }
}

function readLine(line: string, langs: readonly string[]): Concept | null {
  const [key = '', kind, ...rest] = line.split('|').map((part) => part.trim())
  const [names, modalities] = [rest.slice(0, langs.length), rest.slice(langs.length)]
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(key) || !isKind(kind) || names.length < langs.length || names.includes('')) return null
  return { key, kind, names: Object.fromEntries(langs.map((lang, i) => [lang, names[i] ?? ''])), modalities: modalities as Concept['modalities'] }
}

const isKind = (text: string | undefined): text is Kind => KINDS.some((kind) => kind === text)
