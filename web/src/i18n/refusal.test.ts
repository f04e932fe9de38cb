import i18next from 'i18next'
import { beforeAll, expect, it } from 'vitest'
import { ApiError } from '../api/client'
import zhHans from './locales/zh-Hans.json'
import { inWords } from './refusal'

beforeAll(() => i18next.init({ lng: 'zh-Hans', resources: { 'zh-Hans': { translation: zhHans } }, interpolation: { escapeValue: false } }))

it('says a known refusal in the reader’s language, and what the server says about it', () => {
  const error = new ApiError(422, 'bad_content', 'region 1 has no concept yet: choose one before submitting')
  expect(inWords(i18next.t, error)).toBe(`${zhHans.error.bad_content}: region 1 has no concept yet: choose one before submitting`)
})

it('keeps the server’s words where the refusal is new, and explains that no answer came', () => {
  expect(inWords(i18next.t, new ApiError(400, 'brand_new', 'words'))).toBe('words')
  expect(inWords(i18next.t, new TypeError('Failed to fetch'))).toBe(zhHans.app.unreachable)
})
