// Why a case was chosen, and why an image waits for a person, in the reader's language.
import type { TFunction } from 'i18next'
import type { AttestationReason, ChoiceReason, Concept } from '../api/client'
import { conceptName } from './conceptName'

export function reasonIn(t: TFunction, reason: ChoiceReason | AttestationReason, concepts: readonly Concept[] = [], lang = ''): string {
  switch (reason.kind) {
    case 'said':
      return reason.text
    case 'unsure':
    case 'least_sure':
    case 'wavers':
    case 'boxes_differ':
    case 'contradicts':
    case 'teaches':
      return t(`reason.${reason.kind}`, { what: conceptName(concepts, reason.concept, lang) })
    case 'chance_equal':
      return t(`reason.${reason.kind}`, { modality: t(`modality.${reason.modality}`) })
    default:
      return t(`reason.${reason.kind}`, { ...reason })
  }
}
