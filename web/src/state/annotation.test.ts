import { describe, expect, it } from 'vitest'
import type { Content, Presence } from '../api/client'
import { EMPTY, isSilent, reduce, start, waiting, type Action, type State } from './annotation'

const suggestion = (id: string) => ({
  id, bbox: [1, 2, 3, 4], concept: 'cyst', confidence: 0.5, calibrated: false, texts: { en: 'a cyst' }, model_id: 'm', model_name: 'm',
})
const PRESENCES: Presence[] = ['present', 'absent', 'uncertain']

// What a content says, whatever its fields are made of: no part may be changed in place.
function frozen<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

// Mixed steps of every kind from a small generator, so that a failure can be repeated by its seed.
function mixedSteps(count: number, seed: number): Action[] {
  let now = seed
  const random = (n: number) => (now = (now * 48271) % 2147483647) % n
  const known = { regions: ['r0'], report: ['s0'], questions: ['q0'] }
  const any = (part: keyof typeof known) => known[part][random(known[part].length)] ?? ''
  const fresh = (part: keyof typeof known, id: string) => (known[part].push(id), id)
  const steps: ((i: number) => Action)[] = [
    (i) => ({ kind: 'draw', id: fresh('regions', `r${i}`), frame: i % 2, bbox: [i, i, i + 5, i + 5] }),
    (i) => ({ kind: 'place', id: any('regions'), bbox: [i, 0, i + 9, 9] }),
    (i) => ({ kind: 'write', id: any('regions'), lang: 'zh', text: `文${i}` }),
    (i) => ({ kind: 'phrase', id: any('regions'), texts: { en: `${i}`, zh: `${i}` } }),
    (i) => ({ kind: 'describe', id: any('regions'), change: { concept: `c${i}` } }),
    (i) => ({ kind: 'describe', id: any('regions'), change: { presence: PRESENCES[i % 3] } }),
    () => ({ kind: 'remove', id: any('regions') }),
    (i) => ({ kind: 'copy', of: any('regions'), id: fresh('regions', `c${i}`), bbox: [i, 3, i + 4, 9] }),
    (i) => ({ kind: 'accept', id: fresh('regions', `a${i}`), suggestion: suggestion(`s${i}`) }),
    (i) => ({ kind: 'reject', suggestion: `t${i}` }),
    (i) => ({ kind: 'reorder', part: (['regions', 'report', 'questions'] as const)[i % 3] ?? 'regions', id: any('regions'), by: i % 2 ? 1 : -1 }),
    (i) => ({ kind: 'add', part: 'report', id: fresh('report', `p${i}`) }),
    (i) => ({ kind: 'add', part: 'questions', id: fresh('questions', `q${i}`) }),
    () => ({ kind: 'drop', part: 'report', id: any('report') }),
    (i) => ({ kind: 'say', id: any('report'), lang: 'en', text: `Sentence ${i}` }),
    () => ({ kind: 'link', id: any('report'), regions: [any('regions')] }),
    (i) => ({ kind: 'ask', id: any('questions'), field: i % 2 ? 'question' : 'answer', lang: 'en', text: `${i}?` }),
    () => ({ kind: 'about', id: any('questions'), region: any('regions') }),
    (i) => ({ kind: 'label', concept: `c${i % 4}`, presence: [...PRESENCES, null][i % 4] ?? null }),
    (i) => ({ kind: 'judge', verdict: i % 2 ? { kind: 'nothing_found' } : { kind: 'not_assessable', reason: `${i}` } }),
  ]
  return Array.from({ length: count }, (_, i) => (steps[random(steps.length)] ?? steps[0])?.(i + 1) ?? { kind: 'settle' })
}

describe('annotation', () => {
  it('is back at the start after undoing 50 mixed steps, and forward again after redoing them, whatever they were', () => {
    const begun: Content = frozen({
      regions: [{ id: 'r0', bbox: [0, 0, 9, 9], texts: { en: 'first' } }],
      report: [{ id: 's0', texts: {}, regions: ['r0'] }], questions: [{ id: 'q0' }], findings: [{ concept: 'c0' }], verdict: null, rejected: [],
    })
    for (let seed = 1; seed <= 200; seed += 1) {
      const done = mixedSteps(50, seed).reduce((state, step) => frozen(reduce(state, step)), start(begun))
      const undone = done.past.reduce<State>((state) => reduce(state, { kind: 'undo' }), done)
      expect(undone.content, `seed ${seed}`).toBe(begun)
      expect(undone.past).toHaveLength(0)
      const redone = undone.future.reduce<State>((state) => reduce(state, { kind: 'redo' }), undone)
      expect(redone.content, `seed ${seed}`).toEqual(done.content)
    }
  })
  it('takes one sentence as one step', () => {
    const drawn = reduce(start(EMPTY), { kind: 'draw', id: 'a', frame: 0, bbox: [0, 0, 9, 9] })
    const type = (state: State, texts: string[]) => texts.reduce((s, text) => reduce(s, { kind: 'write', id: 'a', lang: 'en', text }), state)
    const typed = type(drawn, ['l', 'le', 'left'])
    expect(typed.past).toHaveLength(2)
    expect(reduce(typed, { kind: 'undo' }).content).toEqual(drawn.content)
    const two = type(typed, ['left.', 'left. C', 'left. Clear'])
    expect(reduce(two, { kind: 'undo' }).content.regions[0]?.texts).toEqual({ en: 'left.' })
  })
  it('takes what is written in the place of one placeholder as one step, and the template before it as another', () => {
    const drawn = reduce(start(EMPTY), { kind: 'draw', id: 'a', frame: 0, bbox: [0, 0, 9, 9] })
    const offered = reduce(drawn, { kind: 'phrase', id: 'a', texts: { en: '{n} mm.', zh: '{n}毫米。' } })
    const typed = ['1 mm.', '12 mm.'].reduce((s, text) => reduce(s, { kind: 'write', id: 'a', lang: 'en', text }), offered)
    expect(reduce(typed, { kind: 'undo' }).content).toBe(offered.content)
    expect(reduce(reduce(typed, { kind: 'undo' }), { kind: 'undo' }).content).toBe(drawn.content)
  })
  it('keeps where an accepted suggestion came from, and asks no more about settled ones', () => {
    const all = [suggestion('s1'), suggestion('s2'), suggestion('s3')]
    const first = reduce(start(EMPTY), { kind: 'accept', id: 'a', suggestion: suggestion('s1') })
    const second = reduce(first, { kind: 'reject', suggestion: 's2' })
    expect(second.content.regions[0]?.origin).toBe('s1')
    expect(waiting(second.content, all).map((s) => s.id)).toEqual(['s3'])
  })
  it('takes the links to a region away with it, and gives them back with it', () => {
    const steps: Action[] = [
      { kind: 'draw', id: 'a', frame: 0, bbox: [0, 0, 9, 9] },
      { kind: 'add', part: 'report', id: 's' }, { kind: 'link', id: 's', regions: ['a'] },
      { kind: 'add', part: 'questions', id: 'q' }, { kind: 'about', id: 'q', region: 'a' },
    ]
    const linked = steps.reduce(reduce, start(EMPTY))
    const removed = reduce(linked, { kind: 'remove', id: 'a' })
    expect([removed.content.report?.[0]?.regions, removed.content.questions?.[0]?.region]).toEqual([[], null])
    expect(reduce(removed, { kind: 'undo' }).content).toBe(linked.content)
  })
  it('takes nothing found back where something is drawn', () => {
    const judged = reduce(start(EMPTY), { kind: 'judge', verdict: { kind: 'nothing_found' } })
    expect(isSilent(EMPTY)).toBe(true)
    expect(isSilent(judged.content)).toBe(false)
    expect(reduce(judged, { kind: 'draw', id: 'a', frame: 0, bbox: [0, 0, 9, 9] }).content.verdict).toBeNull()
  })
})
