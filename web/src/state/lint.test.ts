import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Described, Flag } from '../api/client'
import { Checks, seenFrom, mended, type Checked } from './lint'

const described = (en: string): Described => ({ texts: { en, zh: '右肺' } })
const flag: Flag = {
  rule: 'laterality', severity: 'warning', message: 'laterality_differs', arguments: { here: 'left', there: '右' },
  lang: 'en', span: { start: 3, end: 7 }, fix: 'right', against: { lang: 'zh', span: { start: 0, end: 1 }, fix: '左' },
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('it asks after a pause, and a late answer to an earlier question is not heard', async () => {
  const answers: ((flags: Flag[]) => void)[] = []
  const asked: string[] = []
  const heard: Checked[] = []
  const checks = new Checks((r) => {
    asked.push(r.texts['en'] ?? '')
    return new Promise((answer) => answers.push(answer))
  }, (checked) => heard.push(checked))
  for (const text of ['l', 'le', 'left']) checks.put(described(text))
  await vi.runAllTimersAsync()
  checks.put(described('right'))
  await vi.runAllTimersAsync()
  expect(asked).toEqual(['left', 'right'])
  answers[1]?.([])
  answers[0]?.([flag])
  await vi.runAllTimersAsync()
  expect(heard).toEqual([{ texts: { en: 'right', zh: '右肺' }, flags: [] }])
})

test('without an answer it is quiet, and without words it does not ask', async () => {
  const ask = vi.fn(() => Promise.reject(new Error('offline')))
  const heard: Checked[] = []
  const checks = new Checks(ask, (checked) => heard.push(checked))
  checks.put(described('left'))
  await vi.runAllTimersAsync()
  checks.put({ texts: { en: ' ' } })
  await vi.runAllTimersAsync()
  expect(ask).toHaveBeenCalledTimes(1)
  expect(heard.map((checked) => checked.flags)).toEqual([[], []])
})

test('each text sees the other one, and is mended only as long as it is what was checked', () => {
  const checked = { texts: { en: '🩻 left', zh: '右肺' }, flags: [flag] }
  expect(seenFrom(checked, 'en')[0]?.words).toEqual({ here: 'left', there: '右' })
  const [chinese] = seenFrom(checked, 'zh')
  expect(chinese?.words).toEqual({ here: '右', there: 'left' })
  expect(mended(checked, flag, '🩻 left')).toBe('🩻 right')
  expect(chinese && mended(checked, chinese.mark, '右肺')).toBe('左肺')
  expect(mended(checked, flag, '🩻 left lung')).toBeNull()
})
