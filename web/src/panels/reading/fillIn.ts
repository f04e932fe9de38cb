import { nextPlaceholder, type Place } from '../../model/placeholders'

// Selects the next placeholder in these fields, so that what is typed takes its place; false where there is none.
export function selectPlaceholder(fields: readonly HTMLTextAreaElement[], from: Place, by: 1 | -1): boolean {
  const next = nextPlaceholder(fields.map((field) => field.value), from, by)
  const field = next && fields[next.field]
  if (!field) return false
  field.focus()
  field.setSelectionRange(next.start, next.end)
  return true
}

export const fieldsIn = (part: Element): HTMLTextAreaElement[] => [...part.querySelectorAll('textarea')]
