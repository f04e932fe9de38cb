import { expect, it } from 'vitest'
import { conceptLines, readConcepts } from './concepts'

const LINES = 'nodule | lesion | pulmonary nodule; coin lesion | 肺结节 | ct | RadLex:RID50149\nheart | structure | heart | 心脏'

it('reads what it wrote', () => {
  const { concepts, complaint } = readConcepts(LINES, ['en', 'zh'])
  expect(complaint).toBeNull()
  expect(concepts[0]).toEqual({ key: 'nodule', kind: 'lesion', names: { en: 'pulmonary nodule', zh: '肺结节' }, modalities: ['ct'],
    synonyms: { en: ['coin lesion'] }, codes: { RadLex: 'RID50149' },
  })
  expect(conceptLines(concepts, ['en', 'zh'])).toBe(LINES)
})

it('names the line that lacks a name, a known kind or a key', () => {
  expect(readConcepts('heart | structure | heart', ['en', 'zh']).complaint).toBe(1)
  expect(readConcepts(`${LINES}\n\nx | finding | x | x`, ['en', 'zh']).complaint).toBe(4)
  expect(readConcepts('Big Heart | structure | heart | 心脏', ['en', 'zh']).complaint).toBe(1)
})
