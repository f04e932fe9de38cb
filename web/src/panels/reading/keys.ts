// The reading page's keys: a closed set, silent while somebody types or composes a character.
import { useEffect, useRef } from 'react'

export interface Keys {
  nudge(dx: number, dy: number): void
  remove(): void
  undo(): void
  redo(): void
  fit(): void
  invert(): void
  newBox(): void
  accept(): void
  acceptAll(): void
  duplicate(): void
  adjust(): void
  reject(): void
  submit(): void
  help(): void
}
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

export function useKeys(keys: Keys, awake: boolean): void {
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
      if (handle(event, latest.current)) event.preventDefault()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [awake])
}

function handle(event: KeyboardEvent, keys: Keys): boolean {
  if (event.ctrlKey || event.metaKey) {
    // A key held down must not submit the next case too.
    if (event.key === 'Enter') {
      if (!event.repeat) keys.submit()
      return true
    }
    if (isTyping(event.target)) return false
    if (event.key === 'z' && !event.shiftKey) return keys.undo(), true
    if (event.key === 'y' || event.key.toLowerCase() === 'z') return keys.redo(), true
    return false
  }
  if (isTyping(event.target) || event.altKey) return false
  const arrow = ARROWS[event.key]
  if (arrow) return keys.nudge(arrow[0] * (event.shiftKey ? 10 : 1), arrow[1] * (event.shiftKey ? 10 : 1)), true
  if (event.shiftKey && event.key.toLowerCase() === 'a') return keys.acceptAll(), true
  const action: Record<string, () => void> = {
    d: keys.duplicate,
    Delete: keys.remove, Backspace: keys.remove, f: keys.fit, i: keys.invert, n: keys.newBox, a: keys.accept, e: keys.adjust, r: keys.reject, '?': keys.help,
  }
  const act = action[event.key.length === 1 ? event.key.toLowerCase() : event.key]
  act?.()
  return act !== undefined
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
}
