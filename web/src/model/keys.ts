// What a key means on the reading page: one closed table, from which the list of keys is made too. Silent while somebody types.

export const GROUPS = ['box', 'text', 'suggestion', 'image', 'case'] as const
export type Group = (typeof GROUPS)[number]
export type Plain =
  | 'newBox' | 'twoClicks' | 'cancel' | 'duplicate' | 'copyOn' | 'remove' | 'next' | 'previous' | 'later' | 'earlier'
  | 'concept' | 'presence' | 'describe' | 'phrases' | 'panel'
  | 'accept' | 'adjust' | 'reject' | 'acceptAll' | 'outer'
  | 'fit' | 'invert' | 'measure' | 'zoomIn' | 'zoomOut' | 'actual'
  | 'undo' | 'redo' | 'submit' | 'help'
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
// What has the focus: a field that letters go into, one of the annotation's own texts, a choice that the arrows go through, or
// none of these.
export type Focus = 'text' | 'writing' | 'choice' | 'page'

export interface Binding {
  command: Command['kind']
  group: Group
  // As the browser names them, letters in lower case; any of them.
  keys: readonly string[]
  ctrl?: boolean
  shift?: boolean
  // Heard where somebody types as well: in the annotation's own texts, or in every field.
  heardIn?: 'writing' | 'text'
  // Whether it goes on while the key is held down. A decision is taken once for each press: held down, A would accept what
  // nobody has looked at.
  repeats?: true
}

const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const PAGES: Record<string, number> = { PageUp: -1, PageDown: 1 }
const [arrows, pages] = [Object.keys(ARROWS), Object.keys(PAGES)]

export const BINDINGS: readonly Binding[] = [
  { command: 'newBox', group: 'box', keys: ['n'] },
  { command: 'twoClicks', group: 'box', keys: ['b'] },
  { command: 'cancel', group: 'box', keys: ['Escape'] },
  { command: 'next', group: 'box', keys: ['j'], repeats: true },
  { command: 'previous', group: 'box', keys: ['k'], repeats: true },
  { command: 'nudge', group: 'box', keys: arrows, repeats: true },
  { command: 'nudge', group: 'box', keys: arrows, shift: true, repeats: true },
  { command: 'duplicate', group: 'box', keys: ['d'] },
  { command: 'copyOn', group: 'box', keys: ['d'], shift: true },
  { command: 'later', group: 'box', keys: ['j'], shift: true },
  { command: 'earlier', group: 'box', keys: ['k'], shift: true },
  { command: 'remove', group: 'box', keys: ['Delete', 'Backspace'] },
  { command: 'concept', group: 'text', keys: ['c'] },
  { command: 'presence', group: 'text', keys: ['u'] },
  { command: 'describe', group: 'text', keys: ['t'] },
  { command: 'phrases', group: 'text', keys: ['s'] },
  { command: 'panel', group: 'text', keys: ['p'] },
  { command: 'accept', group: 'suggestion', keys: ['a'] },
  { command: 'adjust', group: 'suggestion', keys: ['e'] },
  { command: 'reject', group: 'suggestion', keys: ['r'] },
  { command: 'acceptAll', group: 'suggestion', keys: ['a'], shift: true },
  { command: 'outer', group: 'suggestion', keys: ['o'] },
  { command: 'fit', group: 'image', keys: ['f'] },
  { command: 'actual', group: 'image', keys: ['0'] },
  { command: 'zoomIn', group: 'image', keys: ['+', '='], repeats: true },
  { command: 'zoomOut', group: 'image', keys: ['-'], repeats: true },
  { command: 'invert', group: 'image', keys: ['i'] },
  { command: 'preset', group: 'image', keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'] },
  { command: 'measure', group: 'image', keys: ['m'] },
  { command: 'scroll', group: 'image', keys: pages, repeats: true },
  { command: 'scroll', group: 'image', keys: pages, shift: true, repeats: true },
  { command: 'undo', group: 'case', keys: ['z'], ctrl: true, heardIn: 'writing', repeats: true },
  { command: 'redo', group: 'case', keys: ['y'], ctrl: true, heardIn: 'writing', repeats: true },
  { command: 'redo', group: 'case', keys: ['z'], ctrl: true, shift: true, heardIn: 'writing', repeats: true },
  { command: 'submit', group: 'case', keys: ['Enter'], ctrl: true, heardIn: 'text' },
  { command: 'help', group: 'case', keys: ['?'] },
]

// The command, 'held' where a key that is held down says nothing more, null where the key is not the page's. `letters`:
// whether keys that also write a character are in use.
export function commandOf(stroke: Stroke, focus: Focus, letters: boolean): Command | 'held' | null {
  const binding = BINDINGS.find((one) => isMeant(one, stroke) && isHeard(one, focus, letters))
  if (!binding) return null
  if (stroke.repeat && !binding.repeats) return 'held'
  const { command, shift } = binding
  const by = shift ? 10 : 1
  switch (command) {
    case 'nudge': {
      const [dx, dy] = ARROWS[stroke.key] ?? [0, 0]
      return { kind: command, dx: dx * by, dy: dy * by }
    }
    case 'scroll':
      return { kind: command, by: (PAGES[stroke.key] ?? 0) * by }
    case 'preset':
      return { kind: command, number: Number(stroke.key) }
    default:
      return { kind: command }
  }
}

function isMeant({ keys, ctrl = false, shift = false }: Binding, { key, ctrlKey, metaKey, altKey, shiftKey }: Stroke): boolean {
  // With caps lock on, a letter comes in capitals without Shift; what else needs Shift differs from keyboard to keyboard.
  const letter = /^\p{L}$/u.test(key)
  const shiftCounts = letter || key in ARROWS || key in PAGES
  return keys.includes(letter ? key.toLowerCase() : key) && ctrl === (ctrlKey || metaKey) && !altKey && (!shiftCounts || shift === shiftKey)
}

function isHeard({ heardIn, keys, ctrl }: Binding, focus: Focus, letters: boolean): boolean {
  const writes = !ctrl && keys.some((key) => key.length === 1)
  if (writes && !letters) return false
  if (focus === 'text') return heardIn === 'text'
  if (focus === 'writing') return heardIn !== undefined
  return focus === 'page' || !keys.some((key) => key in ARROWS)
}

const SIGNS: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Delete: 'Del', Backspace: '⌫', Escape: 'Esc', '-': '−' }

// The keys as people read them: `Ctrl+Z`.
export function chords({ keys, ctrl, shift }: Binding): string[] {
  return keys.map((key) => [ctrl && 'Ctrl', shift && 'Shift', SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key)].filter(Boolean).join('+'))
}
