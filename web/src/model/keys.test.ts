import { describe, expect, it } from 'vitest'
import { BINDINGS, chords, commandOf, type Stroke } from './keys'

const press = (key: string, more: Partial<Stroke> = {}): Stroke => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, repeat: false, ...more })
const on = (stroke: Stroke) => commandOf(stroke, 'page', true)

describe('commandOf', () => {
  it('decides once, however long the key is held', () => {
    for (const key of ['a', 'r', 'e', 'n', 'd', 'Delete']) expect(on(press(key, { repeat: true }))).toBe('held')
    expect(on(press('A', { shiftKey: true, repeat: true }))).toBe('held')
    expect(on(press('Enter', { ctrlKey: true, repeat: true }))).toBe('held')
    expect(on(press('ArrowLeft', { repeat: true }))).toEqual({ kind: 'nudge', dx: -1, dy: 0 })
  })
  it('undoes with caps lock on', () => {
    expect(on(press('Z', { ctrlKey: true }))).toEqual({ kind: 'undo' })
    expect(on(press('z', { ctrlKey: true, shiftKey: true }))).toEqual({ kind: 'redo' })
    expect(on(press('Y', { ctrlKey: true }))).toEqual({ kind: 'redo' })
    expect(on(press('R'))).toEqual({ kind: 'reject' })
  })
  it('is silent while somebody types, except for submitting', () => {
    for (const key of ['a', 'Delete', 'ArrowUp', '?']) expect(commandOf(press(key), 'text', true)).toBeNull()
    expect(commandOf(press('Enter', { ctrlKey: true }), 'text', true)).toEqual({ kind: 'submit' })
  })
  it('leaves a choice its arrows, and takes the letters', () => {
    expect(commandOf(press('ArrowRight'), 'choice', true)).toBeNull()
    expect(commandOf(press('n'), 'choice', true)).toEqual({ kind: 'newBox' })
  })
  it('goes through frames and windows', () => {
    expect(on(press('PageDown'))).toEqual({ kind: 'scroll', by: 1 })
    expect(on(press('PageUp', { shiftKey: true, repeat: true }))).toEqual({ kind: 'scroll', by: -10 })
    expect(on(press('3'))).toEqual({ kind: 'preset', number: 3 })
    expect(commandOf(press('3'), 'page', false)).toBeNull()
    expect(commandOf(press('PageDown'), 'text', true)).toBeNull()
  })
  it('can do without keys that write a character', () => {
    for (const stroke of [press('a'), press('?'), press('A', { shiftKey: true })]) expect(commandOf(stroke, 'page', false)).toBeNull()
    expect(commandOf(press('Delete'), 'page', false)).toEqual({ kind: 'remove' })
  })
  it('undoes inside the annotation’s own texts, and leaves other fields their own undo', () => {
    expect(commandOf(press('z', { ctrlKey: true }), 'writing', true)).toEqual({ kind: 'undo' })
    expect(commandOf(press('z', { ctrlKey: true }), 'text', true)).toBeNull()
    expect(commandOf(press('n'), 'writing', true)).toBeNull()
  })
  it('has one meaning for each key, and a meaning for each key that it lists', () => {
    const all = BINDINGS.flatMap(chords)
    expect(new Set(all).size).toBe(all.length)
    for (const { keys, ctrl = false, shift = false, command } of BINDINGS) {
      for (const key of keys) expect(on(press(key, { ctrlKey: ctrl, shiftKey: shift }))).toMatchObject({ kind: command })
    }
  })
})
