// Why a case was chosen, and why an image waits for a person, in the reader's language. The server and the trainer give their reasons as
// English sentences; each is known here by its words, and one that is not stands as it came.
import type { TFunction } from 'i18next'

const KNOWN = {
  unsure: /^The model is unsure here about: (?<what>.+)\.$/,
  least_sure: /^Among the images the model is least sure about, above all about: (?<what>.+)\.$/,
  unlike: /^It looks like no other image here\.$/,
  typical_unread: /^Typical of (?<size>\d+) images that look alike, none of which has been read yet\.$/,
  typical: /^Typical of (?<size>\d+) images that look alike; (?<covered>\d+) of them read or chosen so far\.$/,
  chance: /^Drawn by chance\.$/,
  chance_silent: /^Drawn by chance: the model gave no answer about it\.$/,
  chance_equal: /^Drawn by chance, with an equal share for every kind of picture/,
  secondary: /^it is a secondary capture, which may show patient data\.?$/i,
  ultrasound: /^ultrasound pictures often show patient data\.?$/i,
  header: /^its header does not say that no patient data is burned in\.?$/i,
  picture: /^a picture file does not say whether patient data is burned into it\.?$/i,
} as const

// `nameOf`: what a concept of that name is called in the reader's language.
export function reasonIn(t: TFunction, text: string, nameOf: (name: string) => string = (name) => name): string {
  for (const [kind, pattern] of Object.entries(KNOWN)) {
    const groups = pattern.exec(text)
    if (groups) return t(`reason.${kind}`, { ...groups.groups, what: nameOf(groups.groups?.['what'] ?? '') })
  }
  return text
}
