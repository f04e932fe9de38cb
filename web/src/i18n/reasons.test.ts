import { readdirSync, readFileSync } from 'node:fs'
import i18next from 'i18next'
import { beforeAll, expect, it } from 'vitest'
import en from './locales/en.json'
import zhHans from './locales/zh-Hans.json'
import { reasonIn } from './reasons'

beforeAll(() => i18next.init({ lng: 'zh-Hans', resources: { 'zh-Hans': { translation: zhHans } }, interpolation: { escapeValue: false } }))

it('says a known reason in the reader’s language, and any other as it came', () => {
  expect(reasonIn(i18next.t, 'The model is unsure here about: cyst.', () => '囊肿')).toBe('模型对此处不确定：囊肿。')
  expect(reasonIn(i18next.t, 'Typical of 9 images that look alike; 4 of them read or chosen so far.')).toBe('9 幅相似图像的代表；其中 4 幅已阅或已选。')
  expect(reasonIn(i18next.t, 'A reason of its own.')).toBe('A reason of its own.')
})

it('knows the sentences that the trainer and the server write', () => {
  const folders = ['../trainer/src/acquire', '../backend/src/imaging']
  const sources = folders.flatMap((folder) => readdirSync(folder).filter((file) => file.endsWith('.rs')).map((file) => readFileSync(`${folder}/${file}`, 'utf8'))).join('\n').toLowerCase()
  for (const text of Object.values(en.reason)) {
    // What stands before the first value that is filled in, and before the full stop.
    const [start = ''] = text.split(/\{\{|\.$/)
    expect(sources, start).toContain(start.toLowerCase())
    expect(reasonIn(i18next.t, text.replace(/\{\{what\}\}/, 'cyst').replace(/\{\{\w+\}\}/g, '3')), text).not.toContain(start)
  }
})
