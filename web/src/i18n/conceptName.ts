// What a concept is called by whoever reads the interface in one of its languages.
import type { Concept } from '../api/client'

export function conceptName(concepts: readonly Concept[], key: string | null | undefined, interfaceLang: string): string | undefined {
  const names = concepts.find((concept) => concept.key === key)?.names
  if (!names) return key ?? undefined
  const primary = interfaceLang.split('-')[0] ?? 'en'
  const own = Object.entries(names).find(([lang]) => lang.split('-')[0] === primary)
  return own?.[1] ?? Object.values(names)[0]
}
