// What a concept is called by whoever reads the interface in one of its languages.
import type { Concept } from '../api/client'

export function conceptName(concepts: readonly Concept[], key: string | null | undefined, interfaceLang: string): string | undefined {
  const names = concepts.find((concept) => concept.key === key)?.names
  if (!names) return key ?? undefined
  const primary = interfaceLang.split('-')[0] ?? 'en'
  const own = Object.entries(names).find(([lang]) => lang.split('-')[0] === primary)
  return own?.[1] ?? Object.values(names)[0]
}

// The same for a concept that is spoken of by its name in another language; a name that none has stays.
export function calledIn(concepts: readonly Concept[], name: string, interfaceLang: string): string {
  const named = concepts.find(({ names }) => Object.values(names).includes(name))
  return conceptName(concepts, named?.key, interfaceLang) ?? name
}
