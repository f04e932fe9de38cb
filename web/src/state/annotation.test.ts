import { describe, expect, it } from 'vitest'
import { EMPTY, merged, reduce, start, waiting, type Action, type State } from './annotation'

const suggestion = (id: string) => ({
  id, bbox: [1, 2, 3, 4], concept: 'cyst', confidence: 0.5, texts: { en: 'a cyst' }, model_id: 'm', model_name: 'm',
})

// A fixed sequence of mixed steps from a small generator, so that a failure can be repeated.
function mixedSteps(count: number): Action[] {
  let seed = 7
  const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n
  return Array.from({ length: count }, (_, i): Action => {
    const id = `r${random(5)}`
    switch (random(7)) {
      case 0: return { kind: 'draw', id: `r${i}`, frame: 0, bbox: [i, i, i + 5, i + 5] }
      case 1: return { kind: 'place', id, bbox: [i, 0, i + 9, 9] }
      case 2: return { kind: 'write', id, lang: 'zh', text: `文${i}` }
      case 3: return { kind: 'describe', id, change: { concept: `c${i}` } }
      case 4: return { kind: 'remove', id }
      case 5: return { kind: 'copy', id: `c${i}`, of: id, bbox: [i, 3, i + 4, 9] }
      default: return { kind: 'accept', id: `a${i}`, suggestion: suggestion(`s${i}`) }
    }
  })
}

describe('annotation', () => {
  it('is back at the start after undoing 50 mixed steps, and forward again after redoing them', () => {
    const done = mixedSteps(50).reduce(reduce, start(EMPTY))
    const undone = done.past.reduce<State>((state) => reduce(state, { kind: 'undo' }), done)
    expect(undone.content).toBe(EMPTY)
    expect(undone.past).toHaveLength(0)
    const redone = undone.future.reduce<State>((state) => reduce(state, { kind: 'redo' }), undone)
    expect(redone.content).toEqual(done.content)
  })
  it('takes one description as one step', () => {
    const drawn = reduce(start(EMPTY), { kind: 'draw', id: 'a', frame: 0, bbox: [0, 0, 9, 9] })
    const typed = ['l', 'le', 'left'].reduce((s, text) => reduce(s, { kind: 'write', id: 'a', lang: 'en', text }), drawn)
    expect(typed.past).toHaveLength(2)
    expect(reduce(typed, { kind: 'undo' }).content).toEqual(drawn.content)
  })
  it('keeps where an accepted suggestion came from, and asks no more about settled ones', () => {
    const all = [suggestion('s1'), suggestion('s2'), suggestion('s3')] as never[]
    const first = reduce(start(EMPTY), { kind: 'accept', id: 'a', suggestion: suggestion('s1') as never })
    const second = reduce(first, { kind: 'reject', suggestion: 's2' })
    expect(second.content.regions[0]?.origin).toBe('s1')
    expect(waiting(second.content, all).map((s: { id: string }) => s.id)).toEqual(['s3'])
  })
  it('keeps a region that both sides changed twice, and one that they agree on once', () => {
    const drawn = reduce(start(EMPTY), { kind: 'draw', id: 'a', frame: 0, bbox: [0, 0, 9, 9] })
    const mine = reduce(drawn, { kind: 'write', id: 'a', lang: 'en', text: 'mine' }).content
    const theirs = reduce(drawn, { kind: 'write', id: 'a', lang: 'en', text: 'theirs' }).content
    expect(merged(mine, theirs, () => 'b').regions.map((r) => [r.id, r.texts?.['en']])).toEqual([['a', 'theirs'], ['b', 'mine']])
    expect(merged(mine, mine, () => 'b').regions).toEqual(mine.regions)
  })
  it('merges without losing a region of either side', () => {
    const mine = mixedSteps(20).reduce(reduce, start(EMPTY)).content
    const theirs = reduce(start(EMPTY), { kind: 'draw', id: 'x', frame: 0, bbox: [0, 0, 2, 2] }).content
    const both = merged(mine, theirs).regions.map((region) => region.id)
    expect(new Set(both)).toEqual(new Set(['x', ...mine.regions.map((region) => region.id)]))
  })
})
