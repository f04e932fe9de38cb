import { expect, it } from 'vitest'
import { learnt, offered, type Phrase } from './phrases'

const wrote = (concept: string | null, en: string) => ({ regions: [{ id: 'r', bbox: [0, 0, 1, 1], concept, texts: { en, zh: '' } }] })

it('remembers what was written of a concept, newest first and once', () => {
  const known = ['one', 'two', 'one'].reduce<Phrase[]>((before, en) => learnt(before, wrote('cyst', en)), [])
  expect(known).toEqual([{ concept: 'cyst', texts: { en: 'one' } }, { concept: 'cyst', texts: { en: 'two' } }])
  expect(learnt([], wrote(null, 'one'))).toEqual([])
  expect(learnt([], wrote('cyst', ' '))).toEqual([])
})

it('keeps a few of each concept', () => {
  const known = Array.from({ length: 20 }, (_, n) => `${n}`).reduce<Phrase[]>((before, en) => learnt(before, wrote('cyst', en)), [])
  expect(known.map(({ texts }) => texts['en'])).toEqual(['19', '18', '17', '16', '15', '14', '13', '12'])
})

it('offers the templates of a concept before those of every concept, and no other', () => {
  const template = (name: string, concept: string | null) => ({ name, concept, texts: { en: name, zh: name } })
  const templates = [template('any', null), template('simple', 'cyst'), template('round', 'nodule')]
  expect(offered(templates, 'cyst').map(({ name }) => name)).toEqual(['simple', 'any'])
  expect(offered(templates, null).map(({ name }) => name)).toEqual(['any'])
})
