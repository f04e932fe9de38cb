// The reading page's keys, where they are heard. What they mean: model/keys.ts.
import { useEffect, useLayoutEffect, useRef } from 'react'
import { commandOf, type Command, type Focus, type Plain } from '../../model/keys'

// What the page does; a command that is missing is heard elsewhere.
export type Keys = Partial<Record<Plain, () => void>> & {
  nudge(dx: number, dy: number): void
  preset(number: number): void
  scroll(by: number): void
}

// `awake`: whether the page may change at all; `letters`: whether keys that also write a character are in use.
export function useKeys(keys: Keys, awake: boolean, letters: boolean): void {
  const latest = useRef(keys)
  useEffect(() => {
    latest.current = keys
  })
  // Heard as soon as the page is seen: a key that comes before is lost.
  useLayoutEffect(() => {
    if (!awake) return
    const press = (event: KeyboardEvent) => {
      // 229 is what browsers report for a key that an input method has taken.
      if (event.isComposing || event.keyCode === 229) return
      // Behind an open dialog the page must not change, let alone be submitted.
      if (document.querySelector('[role=dialog]')) return
      const command = commandOf(event, focusOf(event.target), letters)
      if (command === null) return
      // An Escape that nothing waits for is the browser's, or a list's that is open.
      if (command === 'held' || carryOut(command, latest.current)) event.preventDefault()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [awake, letters])
}

// Whether it was the page's to do.
function carryOut(command: Command, keys: Keys): boolean {
  if (command.kind === 'nudge') keys.nudge(command.dx, command.dy)
  else if (command.kind === 'preset') keys.preset(command.number)
  else if (command.kind === 'scroll') keys.scroll(command.by)
  else keys[command.kind]?.()
  return keys[command.kind] !== undefined
}

export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return 'page'
  // An open menu or list has the letters for its own entries.
  if (target.closest('[role=menu], [role=listbox]')) return 'text'
  if (target.matches('input[type=radio], input[type=checkbox], input[type=range], [role=tab]')) return 'choice'
  if (target instanceof HTMLTextAreaElement) return 'writing'
  return target.isContentEditable || ['INPUT', 'SELECT'].includes(target.tagName) ? 'text' : 'page'
}
