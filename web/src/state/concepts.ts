// A project's ontology as lines that a person can write: key | lesion or structure | name; synonym; synonym for each language |
// modalities and codes: nodule | lesion | pulmonary nodule; coin lesion | 肺结节 | ct | RadLex:RID50149
import type { Concept } from '../api/client'

const KINDS = ['lesion', 'structure'] as const
type Kind = (typeof KINDS)[number]

export function conceptLines(concepts: readonly Concept[], langs: readonly string[]): string {
  return concepts.map((concept) => lineOf(concept, langs).join(' | ')).join('\n')
}

function lineOf({ key, kind, names, synonyms, codes, modalities }: Concept, langs: readonly string[]): string[] {
  const words = langs.map((lang) => [names[lang] ?? '', ...(synonyms?.[lang] ?? [])].join('; '))
  return [key, kind, ...words, ...(modalities ?? []), ...Object.entries(codes ?? {}).map(([name, code]) => `${name}:${code}`)]
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
  const [key = '', kind, ...rest] = parts(line, '|')
  const words = rest.slice(0, langs.length).map((part) => parts(part, ';'))
  const others = rest.slice(langs.length)
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(key) || !isKind(kind) || words.length < langs.length || words.some((all) => all.includes(''))) return null
  const synonyms = langs.flatMap((lang, i) => (words[i]?.[1] === undefined ? [] : [[lang, words[i].slice(1)] as const]))
  const codes = others.filter((part) => part.includes(':')).map((part) => [part.slice(0, part.indexOf(':')).trim(), part.slice(part.indexOf(':') + 1).trim()])
  return {
    key, kind,
    names: Object.fromEntries(langs.map((lang, i) => [lang, words[i]?.[0] ?? ''])),
    modalities: others.filter((part) => !part.includes(':')) as Concept['modalities'],
    ...(synonyms.length > 0 && { synonyms: Object.fromEntries(synonyms) }),
    ...(codes.length > 0 && { codes: Object.fromEntries(codes) }),
  }
}

const parts = (text: string, separator: string) => text.split(separator).map((part) => part.trim())
const isKind = (text: string | undefined): text is Kind => KINDS.some((kind) => kind === text)
