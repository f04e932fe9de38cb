// What two models do on held-out patients, looked at as an engineer does: side by side, one by one, and held against each other.
// MEDREG_SHOTS names the folder that the pictures go to, as for the tour.
import { expect, test, type Page } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAccessible } from './accessible'
import { Client, picture, Server, until, type Reader } from './server'

const ed: Reader = { username: 'ed', password: 'ed looks at every answer' }
const PATIENTS = 32
const NAMES = {
  left_lung: { en: 'left lung', zh: '左肺' },
  right_lung: { en: 'right lung', zh: '右肺' },
  nodule: { en: 'lung nodule', zh: '肺结节' },
}
type Key = keyof typeof NAMES
// Where they are on a picture of 512 × 480; the patient's left is on the right.
const BOXES: Record<Key, number[]> = { left_lung: [280, 70, 450, 390], right_lung: [65, 70, 235, 390], nodule: [155, 165, 187, 197] }

let server: Server
let admin: Client
let worker: Client
let project: string
const images: string[] = []
const runs: string[] = []

test.beforeAll(async () => {
  server = await Server.start()
  admin = await server.admin()
  worker = server.withToken((await admin.call('POST', '/api/tokens', { name: 'gpu-1', scope: 'worker' })).token)
  project = (await admin.call('POST', '/api/projects', { name: 'Chest films', synthetic: true, shares: { val: 0, test: 0 }, blind_share: 0 })).id
  await admin.call('PUT', `/api/projects/${project}/concepts`, { concepts: Object.entries(NAMES).map(([key, names]) => ({ key, kind: 'structure', names, modalities: [] })) })
  const user = await admin.call('POST', '/api/users', { ...ed, display_name: 'Ed' })
  await admin.call('PUT', `/api/projects/${project}/members/${user.id}`, { role: 'engineer' })
  for (let seed = 0; seed < PATIENTS; seed += 1) images.push(await sent(seed))
  await read(images[0] ?? '')
  const { id: snapshot } = await admin.call('POST', `/api/projects/${project}/snapshots`, { name: 'autumn' })
  // The second model takes sides for one another less often, and finds more nodules.
  runs.push(await answered(snapshot, 'first try', 3, 2), await answered(snapshot, 'longer training', 8, 5))
})
test.afterAll(async () => server.stop())

async function sent(seed: number): Promise<string> {
  const form = new FormData()
  form.set('file', new Blob([picture(seed % 8) as BlobPart]), `chest-${seed}.png`)
  for (const [name, value] of [['patient', `patient-${seed}`], ['attested', 'true'], ['modality', seed % 4 === 0 ? 'ct' : 'xray']] as const) form.set(name, value)
  return (await admin.call('POST', `/api/projects/${project}/images`, form)).id
}

async function read(image: string) {
  await admin.call('POST', `/api/images/${image}/lease`)
  const region = { id: crypto.randomUUID(), bbox: BOXES.nodule, concept: 'nodule', texts: { en: 'A nodule.', zh: '结节。' } }
  const { revision } = await admin.call('PUT', `/api/images/${image}/annotation`, { based_on: 0, content: { regions: [region] } })
  await admin.call('POST', `/api/images/${image}/annotation/submit`, { revision, active_seconds: 5 })
}

// A model that is wrong about every so many-th patient.
async function answered(snapshot: string, name: string, sideEvery: number, missEvery: number): Promise<string> {
  const { id } = await admin.call('POST', `/api/projects/${project}/runs`, { snapshot, base: { kind: 'builtin', name: 'shapes' }, name })
  const { attempt } = await worker.call('POST', '/api/worker/claim', { worker: 'gpu-1' })
  const lines = images.flatMap((image, n) => answers(image, n, sideEvery, missEvery)).map((line) => JSON.stringify(line))
  await worker.call('PUT', `/api/worker/runs/${id}/artifacts/predictions.jsonl?attempt=${attempt}`, new TextEncoder().encode(lines.join('\n')))
  await worker.call('POST', `/api/worker/runs/${id}/finish`, { attempt, outcome: 'finished', evaluation: null, card: '# A model', files: {} })
  return id
}

function answers(image: string, n: number, sideEvery: number, missEvery: number) {
  return (['en', 'zh'] as const).flatMap((lang) => (Object.keys(NAMES) as Key[]).flatMap((concept) => {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = BOXES[concept]
    const line = { image, patient: `p${n}`, split: 'test', lang, concept, question: `${lang} ${concept}?`, truth: NAMES[concept][lang], truth_boxes: [BOXES[concept]] }
    const wrongSide = concept === 'left_lung' && n % sideEvery === 0 && lang === 'en'
    const named = NAMES[wrongSide ? 'right_lung' : concept][lang]
    const shift = (n % 5) * 4
    const missed = concept === 'nodule' && n % missEvery === 0
    const boxes = missed ? [] : [[x0 + shift, y0, x1 + shift, y1], ...(n % 7 === 0 ? [[20, 20, 60, 60]] : [])]
    return [
      { ...line, task: 'r2t', answer: named, boxes: [], correct: !wrongSide },
      { ...line, task: 't2r', answer: missed ? `${named} is absent.` : `${named}[[…]]`, boxes, correct: null },
    ]
  }))
}

async function signIn(page: Page, path: string) {
  await page.goto(server.url)
  await page.getByLabel('User name').fill(ed.username)
  await page.getByRole('textbox', { name: 'Password' }).fill(ed.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { name: 'Projects' })).toBeVisible()
  await page.goto(`${server.url}/projects/${project}/${path}`)
}

async function shot(page: Page, name: string) {
  await expect.poll(() => page.evaluate(() => [...document.querySelectorAll('svg image')].length >= 0 && document.fonts.status)).toBe('loaded')
  await page.waitForLoadState('networkidle')
  const folder = process.env['MEDREG_SHOTS']
  await page.screenshot({ path: folder ? join(folder, `${name}.png`) : test.info().outputPath(`${name}.png`) })
}

test('models are ranked, looked into and compared', async ({ page }) => {
  test.setTimeout(180_000)
  await until(async () => (await admin.call('GET', `/api/projects/${project}/evaluations`)).runs.every((run: { state: string }) => run.state === 'finished'), 'the answers to be judged')
  await signIn(page, 'evaluations')
  const second = page.getByRole('row', { name: /longer training/ })
  await expect(second).toContainText('best')
  await expect(page.getByRole('row', { name: /first try/ })).not.toContainText('best')
  await expect(second).toContainText('32')
  await isAccessible(page)
  await shot(page, 'evaluations.en')
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save leaderboard as CSV' }).click()
  const table = readFileSync(await (await saved).path(), 'utf8')
  expect(table.split('\r\n')[1]).toMatch(/^longer training,[0-9a-f]{64},32,384,/)

  await second.getByRole('link', { name: 'longer training' }).click()
  await expect(page.getByRole('heading', { name: 'Evaluation of longer training' })).toBeVisible()
  await expect(page.getByText('384 answers about 32 images of 32 patients')).toBeVisible()
  await isAccessible(page)
  await page.getByLabel('What is wrong').selectOption('wrong_side')
  // The names of every eighth of 32 patients, in English alone; and in both languages the box too many of every seventh, which lies on the
  // other side of what is a left lung.
  await expect(page.getByTestId('answer')).toHaveCount(4 + 2 * 5)
  await expect(page.getByTestId('answer').first()).toContainText('right lung')
  await expect(page.getByTestId('answer').first()).toContainText('wrong side')
  await page.getByLabel('What is wrong').selectOption('false_positive')
  await expect(page.getByTestId('answer')).toHaveCount(20)
  // A box too many on every seventh patient, but for a nodule that was missed; and nodules that are too far off to be hit.
  await expect(page.getByLabel('What is wrong')).toContainText('false positive (48)')
  const more = page.getByRole('button', { name: 'Next page' })
  await more.click()
  await expect(page.getByTestId('answer').first()).toBeVisible()
  await more.click()
  await expect(page.getByTestId('answer')).toHaveCount(8)
  await page.getByRole('button', { name: '← Back' }).click()
  await expect(page.getByTestId('answer')).toHaveCount(20)
  await shot(page, 'evaluation.en')

  // With the keyboard alone: open, on, on, back, close.
  await page.getByTestId('answer').first().focus()
  await page.keyboard.press('Enter')
  const large = page.getByRole('dialog')
  const line = large.getByText(/Line \d+ of predictions/)
  const first = await line.textContent()
  await page.keyboard.press('ArrowRight')
  await expect(line).not.toHaveText(first ?? '')
  await isAccessible(page)
  await page.keyboard.press('ArrowLeft')
  await expect(line).toHaveText(first ?? '')
  await shot(page, 'evaluation-large.en')
  await page.keyboard.press('Escape')
  await expect(large).toBeHidden()

  const english = page.getByRole('table', { name: 'Which name was given for which: English' })
  await english.getByRole('button', { name: '4: left lung named right lung' }).click()
  await expect(page.getByTestId('answer')).toHaveCount(4)
  await english.scrollIntoViewIfNeeded()
  await shot(page, 'evaluation-confusion.en')
  for (const kind of ['SVG', 'PNG']) {
    const figure = page.waitForEvent('download')
    await page.getByRole('button', { name: `Save confusion-en as ${kind}` }).click()
    const bytes = readFileSync(await (await figure).path())
    expect(bytes.subarray(0, 8).toString('latin1')).toContain(kind === 'SVG' ? '<svg' : 'PNG')
  }

  await page.getByRole('link', { name: 'Evaluation', exact: true }).first().click()
  for (const name of ['first try', 'longer training']) await page.getByRole('checkbox', { name: new RegExp(name) }).check()
  await page.getByRole('link', { name: 'Compare their answers' }).click()
  await expect(page.getByText('Both were asked 384 questions about 32 images of 32 patients (A 384 in all, B 384).')).toBeVisible()
  // 11 sides were wrong before, 4 are now, 2 of them the same patients (0 and 24).
  const names = page.getByRole('row', { name: /names of boxes \(English\)/ })
  await expect(names.getByRole('cell')).toHaveText(['9', '2', '85'])
  await expect(page.getByTestId('changed').first()).toBeVisible()
  await isAccessible(page)
  await shot(page, 'evaluation-difference.en')
  await page.getByLabel('Change', { exact: true }).selectOption('worse')
  await expect(page.getByTestId('changed').first()).toBeVisible()
})

test('the pages speak Chinese too', async ({ page }) => {
  await signIn(page, 'evaluations')
  await page.getByRole('combobox', { name: 'Interface language' }).selectOption('zh-Hans')
  await expect(page.getByRole('heading', { name: '评估' })).toBeVisible()
  await shot(page, 'evaluations.zh-Hans')
  for (const [path, name] of [[`evaluations/${runs[1]}`, 'evaluation'], [`evaluations/diff?a=${runs[0]}&b=${runs[1]}`, 'evaluation-difference']] as const) {
    await page.goto(`${server.url}/projects/${project}/${path}`)
    await expect(page.locator('svg image').first()).toBeVisible()
    await isAccessible(page)
    await shot(page, `${name}.zh-Hans`)
  }
})
