// The reading page's keys, where they are heard. What they mean: model/keys.ts.
import { useEffect, useRef } from 'react'
import { commandOf, type Command, type Focus, type Plain } from '../../model/keys'

export type Keys = Record<Plain, () => void> & {
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
  useEffect(() => {
    if (!awake) return
    const press = (event: KeyboardEvent) => {
      // 229 is what browsers report for a key that an input method has taken.
      if (event.isComposing || event.keyCode === 229) return
      // Behind an open dialog the page must not change, let alone be submitted.
      if (document.querySelector('[role=dialog]')) return
      const command = commandOf(event, focusOf(event.target), letters)
      if (command === null) return
      event.preventDefault()
      if (command !== 'held') carryOut(command, latest.current)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [awake, letters])
}

function carryOut(command: Command, keys: Keys): void {
  if (command.kind === 'nudge') keys.nudge(command.dx, command.dy)
  else if (command.kind === 'preset') keys.preset(command.number)
  else if (command.kind === 'scroll') keys.scroll(command.by)
  else keys[command.kind]()
}

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return 'page'
  if (target instanceof HTMLInputElement && ['radio', 'checkbox', 'range'].includes(target.type)) return 'choice'
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) ? 'text' : 'page'
}
