import { describe, expect, it } from 'vitest'
import type { Content } from '../api/client'
import { differences, merged, same, settled } from './merge'

const region = (id: string, en: string, more = {}) => ({ id, bbox: [0, 0, 9, 9], texts: { en }, ...more })
const mine: Content = {
  regions: [region('a', 'mine', { concept: 'cyst' }), region('b', 'only here')],
  report: [{ id: 's', texts: { en: 'mine' }, regions: ['b'] }], findings: [{ concept: 'cyst', presence: 'absent' }], rejected: ['x'],
}
const theirs: Content = {
  regions: [region('c', 'only there'), region('a', 'theirs', { concept: 'cyst', bbox: [1, 1, 9, 9] })],
  report: [{ id: 's', texts: { en: 'theirs' } }], findings: [{ concept: 'cyst' }], verdict: null, rejected: ['y'],
}

describe('two versions', () => {
  it('say the same, whatever has its default', () => {
    const told: Content = { regions: [{ ...region('a', 'x'), frame: 0, presence: 'present', concept: null }], rejected: [], verdict: null, report: [] }
    expect(same({ regions: [region('a', 'x', { texts: { en: 'x', zh: '' } })] }, told)).toBe(true)
    expect(same({ regions: [region('a', 'y')] }, told)).toBe(false)
    expect(same({ ...told, verdict: { kind: 'nothing_found' } }, told)).toBe(false)
  })
  it('differ thing by thing and field by field', () => {
    expect(differences(mine, theirs).map(({ part, key, fields }) => [part, key, fields])).toEqual([
      ['regions', 'c', []], ['regions', 'a', ['bbox', 'texts.en']], ['regions', 'b', []],
      ['report', 's', ['regions', 'texts.en']], ['findings', 'cyst', ['presence']],
    ])
    expect(differences(mine, mine)).toEqual([])
  })
  it('become one as the reader settles each, and keep what only one has', () => {
    const kept = settled(mine, theirs, { 'regions/a/bbox': 'theirs' })
    expect(kept.regions.map(({ id }) => id)).toEqual(['c', 'a', 'b'])
    expect(kept.regions[1]).toMatchObject({ bbox: [1, 1, 9, 9], texts: { en: 'mine' }, concept: 'cyst' })
    expect(kept.findings).toEqual([{ concept: 'cyst', presence: 'absent' }])
    expect(new Set(kept.rejected)).toEqual(new Set(['x', 'y']))
  })
  it('lose a thing only where the reader says so, and then the links to it', () => {
    const kept = settled(mine, theirs, { 'regions/b': 'theirs', 'regions/c': 'mine' })
    expect(kept.regions.map(({ id }) => id)).toEqual(['a'])
    expect(kept.report?.[0]?.regions).toEqual([])
  })
  it('are kept both where nobody settles anything', () => {
    let n = 0
    const both = merged(mine, theirs, () => `new${(n += 1)}`)
    expect(both.regions.map(({ id, texts }) => [id, texts?.['en']])).toEqual([['c', 'only there'], ['a', 'theirs'], ['new1', 'mine'], ['b', 'only here']])
    expect(both.report?.map(({ texts }) => texts?.['en'])).toEqual(['theirs', 'mine'])
    expect(merged(mine, mine).regions).toEqual(mine.regions)
  })
})
