// What a key means on the reading page: a closed set, silent while somebody types.

export type Plain =
  | 'measure'
  | 'remove' | 'undo' | 'redo' | 'fit' | 'invert' | 'newBox' | 'accept' | 'acceptAll' | 'duplicate' | 'adjust' | 'reject' | 'submit' | 'help'
export type Command =
  | { kind: Plain }
  | { kind: 'nudge'; dx: number; dy: number }
  // A window by its number; as many frames on, or back.
  | { kind: 'preset'; number: number }
  | { kind: 'scroll'; by: number }
export interface Stroke {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
  repeat: boolean
}
// What has the focus: a field that letters go into, a choice that the arrows go through, or neither.
export type Focus = 'text' | 'choice' | 'page'

const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const PAGES: Record<string, number> = { PageUp: -1, PageDown: 1 }
const NAMED: Record<string, Plain> = { Delete: 'remove', Backspace: 'remove' }
const LETTERS: Record<string, Plain> = {
  m: 'measure',
  d: 'duplicate', f: 'fit', i: 'invert', n: 'newBox', a: 'accept', e: 'adjust', r: 'reject', '?': 'help',
}

// The command, 'held' where a key that is held down says nothing more, null where the key is not the page's. `letters`:
// whether keys that also write a character are in use.
export function commandOf(stroke: Stroke, focus: Focus, letters: boolean): Command | 'held' | null {
  const command = meant(stroke, focus, letters)
  // A decision is taken once for each press: held down, A would accept what nobody has looked at.
  const repeats = command !== null && ['nudge', 'scroll', 'undo', 'redo'].includes(command.kind)
  return command && stroke.repeat && !repeats ? 'held' : command
}

function meant({ key, ctrlKey, metaKey, altKey, shiftKey }: Stroke, focus: Focus, letters: boolean): Command | null {
  // With caps lock on, a letter comes in capitals without Shift.
  const letter = key.length === 1 ? key.toLowerCase() : ''
  if (ctrlKey || metaKey) {
    if (key === 'Enter') return { kind: 'submit' }
    if (focus === 'text') return null
    if (letter === 'z') return { kind: shiftKey ? 'redo' : 'undo' }
    return letter === 'y' ? { kind: 'redo' } : null
  }
  if (focus === 'text' || altKey) return null
  const arrow = ARROWS[key]
  const by = shiftKey ? 10 : 1
  if (arrow) return focus === 'choice' ? null : { kind: 'nudge', dx: arrow[0] * by, dy: arrow[1] * by }
  const page = PAGES[key]
  if (page) return { kind: 'scroll', by: page * by }
  if (letters && /^[1-9]$/.test(key)) return { kind: 'preset', number: Number(key) }
  if (letters && letter === 'a' && shiftKey) return { kind: 'acceptAll' }
  const kind = NAMED[key] ?? (letters ? LETTERS[letter] : undefined)
  return kind ? { kind } : null
}
