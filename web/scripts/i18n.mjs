// Fails where a language lacks a text, has one too many or leaves something else open in it, or the page asks for one that nobody wrote.
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const LANGS = ['en', 'zh-Hans', 'ja']
const texts = Object.fromEntries(
  await Promise.all(LANGS.map(async (l) => [l, JSON.parse(await readFile(`src/i18n/locales/${l}.json`, 'utf8'))])),
)
const keysOf = (value, prefix = '') =>
  Object.entries(value).flatMap(([k, v]) => (typeof v === 'string' ? [prefix + k] : keysOf(v, `${prefix}${k}.`)))
const sources = (await readdir('src', { recursive: true })).filter((f) => /\.tsx?$/.test(f) && !f.includes('.test.'))
const code = (await Promise.all(sources.map((f) => readFile(join('src', f), 'utf8')))).join('\n')

const known = new Set(keysOf(texts.en))
const problems = []
for (const lang of LANGS) {
  const keys = new Set(keysOf(texts[lang]))
  for (const key of known) if (!keys.has(key)) problems.push(`${lang} lacks ${key}`)
  for (const key of keys) if (!known.has(key)) problems.push(`${lang} has ${key}, which English lacks`)
}
// What a text leaves open is filled in by name: {{lang}} in one language is {{lang}} in all.
const textOf = (lang, key) => key.split('.').reduce((value, part) => value?.[part], texts[lang]) ?? ''
const opens = (text) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort().join(' ')
for (const lang of LANGS) {
  for (const key of known) {
    if (opens(textOf(lang, key)) !== opens(textOf('en', key))) problems.push(`${lang} leaves something else open in ${key} than English`)
  }
}
const asked = new Set([...code.matchAll(/\bt\('([a-z0-9_A-Z.]+)'/g)].map((m) => m[1]))
for (const key of asked) if (!known.has(key)) problems.push(`the page asks for ${key}, which nobody wrote`)
// t(`state.${x}`) uses a whole group, which therefore holds nothing else: a text that nobody asks for would hide there.
const groups = [...new Set([...code.matchAll(/\bt\(`([a-z0-9_A-Z.]+)\.\$\{/g)].map((m) => `${m[1]}.`))]
for (const key of asked) if (groups.some((g) => key.startsWith(g))) problems.push(`${key} is asked for by its name and as one of a group`)
for (const key of known) {
  if (!asked.has(key) && !groups.some((g) => key.startsWith(g))) problems.push(`nobody asks for ${key}`)
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
