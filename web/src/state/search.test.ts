import { expect, it } from 'vitest'
import type { Concept } from '../api/client'
import { searchConcepts } from './search'

const concepts: Concept[] = [
  { key: 'left_lung', kind: 'structure', names: { en: 'left lung', zh: '左肺' } },
  { key: 'nodule', kind: 'lesion', names: { en: 'pulmonary nodule', zh: '肺结节' }, synonyms: { en: ['coin lesion'], zh: ['结节影'] }, codes: { RadLex: 'RID50149' } },
  { key: 'lung', kind: 'structure', names: { en: 'lung', zh: '肺' } },
]
const keys = (typed: string) => searchConcepts(concepts, typed).map(({ key }) => key)

it('finds a concept by names in either language, synonyms and codes, the nearest first', () => {
  expect(keys('lung')).toEqual(['lung', 'left_lung'])
  expect(keys('肺')).toEqual(['lung', 'nodule', 'left_lung'])
  expect(keys('Coin')).toEqual(['nodule'])
  expect(keys('结节影')).toEqual(['nodule'])
  expect(keys('rid501')).toEqual(['nodule'])
  expect(keys('radlex:RID50149')).toEqual(['nodule'])
  expect(keys('ＬＵＮＧ left')).toEqual(['left_lung'])
  expect(keys('')).toHaveLength(3)
  expect(keys('spleen')).toEqual([])
})
