import { expect, it } from 'vitest'
import { matchLang } from './match'

it('takes the first language that the page speaks', () => {
  expect(matchLang(['fr-CH', 'ja-JP', 'en'])).toBe('ja')
  expect(matchLang(['zh-CN', 'en'])).toBe('zh-Hans')
  expect(matchLang(['zh-TW'])).toBe('zh-Hans')
  expect(matchLang(['en-GB', 'zh'])).toBe('en')
  expect(matchLang(['fr'])).toBe('en')
  expect(matchLang([])).toBe('en')
})
