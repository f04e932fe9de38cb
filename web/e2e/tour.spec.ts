// Every page in two interface languages: nothing on it keeps anybody out, and a picture of it is taken. MEDREG_SHOTS names the folder
// that the pictures go to (../docs/images/pages for those that docs/pages.md shows); else they stay with the tests' results.
import { expect, test, type Locator, type Page } from '@playwright/test'
import { decode, encode } from 'fast-png'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAccessible } from './accessible'
import { dicom, form, samples, slice } from './dicom'
import { draw, isShown } from './reading'
import { slide, tissue } from './slide'
import { Client, picture, Server, until, type Reader } from './server'

type Texts = typeof import('../src/i18n/locales/en.json')
const textsOf = (lang: string) => JSON.parse(readFileSync(`src/i18n/locales/${lang}.json`, 'utf8')) as Texts

const PROJECT = 'Thorax findings · 胸部影像'
const GUIDELINE = `Mark every finding of 4 mm or more with a box that just holds it, and describe it in one sentence: where it lies, its shape, its margin.
Boxes of anatomy are drawn on the slice where the structure is widest.
4 mm 及以上的病灶均须以恰好包含病灶的方框标出，并用一句话描述：部位、形态、边缘。`
const CONCEPTS = [
  { key: 'nodule', kind: 'lesion', names: { en: 'lung nodule', zh: '肺结节' }, synonyms: { en: ['coin lesion'], zh: ['结节影'] }, modalities: ['ct', 'xray'] },
  { key: 'cavity', kind: 'lesion', names: { en: 'lung cavity', zh: '肺空洞' }, synonyms: { zh: ['空洞影'] }, modalities: ['ct', 'xray'] },
  { key: 'effusion', kind: 'lesion', names: { en: 'pleural effusion', zh: '胸腔积液' } },
  { key: 'lung', kind: 'structure', names: { en: 'lung', zh: '肺' }, codes: { RadLex: 'RID1301' } },
  { key: 'aorta', kind: 'structure', names: { en: 'thoracic aorta', zh: '胸主动脉' }, modalities: ['ct'] },
  { key: 'vertebra', kind: 'structure', names: { en: 'vertebral body', zh: '椎体' }, modalities: ['ct'] },
  { key: 'gland', kind: 'structure', names: { en: 'gland', zh: '腺体' }, modalities: ['pathology'] },
  { key: 'canal', kind: 'structure', names: { en: 'spinal canal', zh: '椎管' }, modalities: ['ct'] },
]
const PEOPLE = [
  { username: 'anna.keller', display_name: 'Dr. Anna Keller', role: 'lead' },
  { username: 'wang.min', display_name: '王敏 Wang Min', role: 'annotator' },
  { username: 'sato.yui', display_name: '佐藤結衣 Sato Yui', role: 'reviewer' },
  { username: 'jonas.berg', display_name: 'Jonas Berg', role: 'engineer' },
] as const
const readerOf = (username: string): Reader => ({ username, password: `${username} reads at night` })

let server: Server
let admin: Client
let worker: Client
let project: string
let [anna, wang]: Client[] = []
// What is opened on the reading page.
let [ct, radiograph, suggested, unread, section] = ['', '', '', '', '']
const runs: string[] = []

test.beforeAll(async () => {
  // Made before anything is connected: it takes seconds in which nothing else happens.
  const stained = slide(2048, 1280, 0.5, tissue)
  server = await Server.start()
  admin = await server.admin()
  worker = server.withToken((await admin.call('POST', '/api/tokens', { name: 'gpu-1', scope: 'worker' })).token)
  const others: string[] = []
  for (const [name, synthetic, langs] of [['Fundus screening · 眼底筛查', true, ['en', 'zh']], ['Brain MR · 脳 MR', false, ['en', 'ja']]] as const) {
    others.push((await admin.call('POST', '/api/projects', { name, synthetic, langs })).id)
  }
  const shares = { val: 0, test: 0 }
  project = (await admin.call('POST', '/api/projects', { name: PROJECT, shares, blind_share: 0, guideline: GUIDELINE })).id
  await admin.call('PUT', `/api/projects/${project}/concepts`, { concepts: CONCEPTS })
  for (const { username, display_name, role } of PEOPLE) {
    const user = await admin.call('POST', '/api/users', { ...readerOf(username), display_name })
    await admin.call('PUT', `/api/projects/${project}/members/${user.id}`, { role })
    for (const other of others) await admin.call('PUT', `/api/projects/${other}/members/${user.id}`, { role: 'annotator' })
  }
  anna = await server.signIn(readerOf('anna.keller'))
  wang = await server.signIn(readerOf('wang.min'))
  await bringIn(stained)
  await read()
  await train()
  await suggest()
})
test.afterAll(async () => server.stop())

const sent = async (file: Uint8Array, name: string, fields: Record<string, string>) =>
  (await admin.call('POST', `/api/projects/${project}/images`, form(file, name, fields))).id as string

async function bringIn(stained: Uint8Array) {
  for (const [index, above] of [0, 5, 10, 15].entries()) {
    const id = await sent(slice(above), `slice-${index}.dcm`, { patient: 'CT-0107', study: '2' })
    if (above === 5) ct = id
  }
  const film = Buffer.from(dicom('RG1_UNCR'))
  // The last one is the CT's patient, before.
  const patients = ['CR-0231', 'CR-0232', 'CR-0233', 'CT-0107']
  const films: string[] = []
  for (const [index, patient] of patients.entries()) {
    samples(film).setUint16(0, index, true)
    films.push(await sent(film, `${patient}.dcm`, { patient, study: '1' }))
  }
  ;[radiograph = '', suggested = '', unread = ''] = films
  section = await sent(stained, 'section.tif', { patient: 'S-0042', study: '1' })
  for (let seed = 1; seed < 7; seed += 1) await sent(picture(seed), `${seed}.png`, { patient: `CR-010${seed}`, modality: 'xray' })
  await sent(picture(7), 'scanned.png', { patient: 'CR-0108', modality: 'xray', attested: 'false' })
}

const region = (concept: string, bbox: number[], en: string, zh: string, more = {}) => ({ id: crypto.randomUUID(), concept, bbox, texts: { en, zh }, ...more })

// What a reader says of an image; it is theirs to go on with, unless it is submitted.
async function write(reader: Client | undefined, image: string, content: object, submits: boolean, based_on = 0) {
  await reader?.call('POST', `/api/images/${image}/lease`)
  const { revision } = await reader?.call('PUT', `/api/images/${image}/annotation`, { based_on, content })
  if (submits) await reader?.call('POST', `/api/images/${image}/annotation/submit`, { revision, active_seconds: 70 })
}

async function read() {
  const { images } = await admin.call('GET', `/api/projects/${project}/images`)
  const films = images.filter(({ patient, state }: { patient: string; state: string }) => patient.startsWith('CR-010') && state === 'open')
  for (const [index, { id }] of films.slice(0, 4).entries()) {
    const nodule = region('nodule', [150 + 9 * index, 160, 190 + 9 * index, 200], 'Round nodule with smooth margin.', '圆形结节，边缘光滑。')
    await write(index % 2 ? wang : anna, id, { regions: [nodule] }, true)
  }
  await admin.call('POST', `/api/projects/${project}/snapshots`, { name: 'First reading · 初读' })
  // Then one is looked at again.
  const again: string = films[0].id
  const { content, revision } = await anna?.call('GET', `/api/images/${again}/annotation`)
  const [nodule] = content.regions
  Object.assign(nodule, { bbox: [138, 152, 186, 204], texts: { en: 'Round nodule of 9 mm with irregular margin.', zh: '圆形结节，约 9 mm，边缘不规则。' } })
  await write(anna, again, { ...content, regions: [nodule, region('effusion', [40, 380, 150, 470], 'Small effusion at the left base.', '左侧少量胸腔积液。')] }, true, revision)
  await write(anna, ct, {
    regions: [
      region('aorta', [70.5, 0, 109.5, 33], 'Descending aorta of normal width.', '降主动脉管径正常。'),
      region('vertebra', [40.5, 6, 80.5, 47], 'Vertebral body without fracture line.', '椎体未见骨折线。'),
      region('canal', [47, 41.5, 70, 61.5], 'Spinal canal not narrowed.', '椎管无狭窄。'),
    ],
  }, false)
  await write(anna, section, { regions: [region('gland', [908, 612, 1096, 758], 'Gland with a regular lumen.', '腺体，腺腔规则。')] }, false)
  const cavity = region('cavity', [372, 1040, 655, 1240], 'Thick-walled cavity in the right middle zone.', '右中肺野厚壁空洞。')
  const nodules = [
    region('nodule', [286, 590, 610, 850], 'Ill-defined rounded opacity in the right upper zone.', '右上肺野类圆形密度增高影，边缘模糊。'),
    region('nodule', [1372, 752, 1560, 962], 'Round nodule with clear margin in the left middle zone.', '左中肺野圆形结节，边界清楚。'),
    region('nodule', [1342, 1072, 1576, 1288], 'Round nodule in the left lower zone.', '左下肺野圆形结节。'),
  ]
  const regions = [cavity, ...nodules]
  await write(anna, radiograph, {
    regions,
    report: [
      { id: crypto.randomUUID(), texts: { en: 'Several round opacities in both lungs, one with a cavity.', zh: '双肺多发类圆形密度增高影，其中一处伴空洞。' }, regions: regions.map(({ id }) => id) },
      { id: crypto.randomUUID(), texts: { en: 'No pleural effusion.', zh: '未见胸腔积液。' }, regions: [] },
    ],
    questions: [
      {
        id: crypto.randomUUID(), region: cavity.id,
        question: { en: 'Does this lesion hold a cavity?', zh: '此病灶有空洞吗？' }, answer: { en: 'Yes, with a thick wall.', zh: '有，壁厚。' },
      },
    ],
    findings: [{ concept: 'nodule', presence: 'present' }, { concept: 'effusion', presence: 'absent' }],
  }, false)
}

async function train() {
  const { id: snapshot } = await admin.call('POST', `/api/projects/${project}/snapshots`, { name: 'First four films · 首批四例' })
  const launch = async (name: string, config: object) => {
    runs.push((await admin.call('POST', `/api/projects/${project}/runs`, { snapshot, base: { kind: 'builtin', name: 'shapes' }, name, config })).id)
  }
  await launch('LoRA, rank 8', { steps: 600, tuning: { kind: 'lora', rank: 8, alpha: 16 } })
  await course(600, 2.9, 0.71, 1e-3)
  await launch('LoRA, rank 32', { steps: 600, learning_rate: 5e-4, tuning: { kind: 'lora', rank: 32, alpha: 64 } })
  await course(600, 2.4, 0.79, 5e-4)
  await launch('All weights', { steps: 1200 })
  for (const [index, tags, notes] of [
    [0, ['baseline'], 'The first run of the project, for comparison.'],
    [1, ['baseline', 'candidate'], 'More room in the adapters. Cavities are named well, small nodules still missed.\n适配器容量加大：空洞识别良好，小结节仍有遗漏。'],
  ] as const) await admin.call('PUT', `/api/runs/${runs[index]}/notes`, { based_on: 0, tags, notes })
}

// What the worker says of the run that it takes up: its curves, checkpoints and log, and its scores.
async function course(steps: number, start: number, accuracy: number, rate: number) {
  const { id, attempt } = await worker.call('POST', '/api/worker/claim', { worker: 'gpu-1' })
  // As irregular as a batch's loss, and the same at every run.
  let now = start * 1e6
  const noise = () => (now = (now * 48271) % 2147483647) / 2147483647
  const points = Array.from({ length: steps / 10 }, (_, index) => 10 * (index + 1)).flatMap((step) => [
    { name: 'train/loss', step, value: start / (1 + step / 60) + 0.1 * noise() + 0.2 },
    { name: 'train/learning_rate', step, value: rate * Math.min(step / 60, 0.525 + 0.475 * Math.cos((Math.PI * step) / steps)) },
    { name: 'train/gradient_norm', step, value: 0.3 + start / (1.6 + step / 60) + 0.15 * noise() },
    { name: 'train/tokens_per_second', step, value: (step < 60 ? 60 * step : 3600) + 1600 + 80 * noise() },
  ])
  await worker.call('POST', `/api/worker/runs/${id}/metrics`, { attempt, points })
  const at = Date.UTC(2026, 10, 24, 8, 12)
  const held = [400, 600].map((step) => ({ step, written_at: at / 1000 + step, loss: start / (1 + step / 60) + 0.26, best: step === 600 }))
  const log = [200, 400, 600].map((step, index) => ({ number: index + 1, at: at + 1000 * step, level: 'info', message: `checkpoint written step=${step}` }))
  await worker.call('POST', `/api/worker/runs/${id}/heartbeat`, { attempt, done: steps, total: steps, phase: 'training', checkpoints: held, saved: true, log })
  const scores = (shift: number) => ({ en: accuracy + shift, zh: accuracy + shift - 0.02 })
  const evaluation = { images: 52, patients: 41, regions: 118, accuracy: scores(0), mean_iou: scores(-0.25), region_f1: scores(-0.14) }
  const card = `# A model of the project “${PROJECT}”\n\nAsked in en or zh, it names what a box shows and finds the boxes of a concept.\n\n## Limits\n\nNot a medical device.`
  await worker.call('POST', `/api/worker/runs/${id}/finish`, { attempt, outcome: 'finished', evaluation, card, files: {} })
}

async function suggest() {
  const { models } = await admin.call('GET', `/api/projects/${project}/models`)
  await admin.call('POST', `/api/models/${models[0].id}/promote`, { acquire: { budget: 3 } })
  // The run that was launched last waits: a worker takes what suggests first.
  const round = await worker.call('POST', '/api/worker/claim', { worker: 'gpu-1' })
  const found = [
    { bbox: [1372, 752, 1560, 962], concept: 'nodule', confidence: 0.91, texts: { en: 'Round nodule with clear margin in the left middle zone.', zh: '左中肺野圆形结节，边界清楚。' } },
    { bbox: [372, 1040, 655, 1240], concept: 'cavity', confidence: 0.64, texts: { en: 'Cavity in the right middle zone.', zh: '右中肺野空洞。' } },
  ]
  const whole = { attempt: round.attempt, done: 9, total: 9, phase: 'predicting', saved: false }
  await worker.call('POST', `/api/worker/acquisitions/${round.id}/heartbeat`, whole)
  const predictions = `/api/worker/acquisitions/${round.id}/predictions`
  await worker.call('POST', predictions, { attempt: round.attempt, images: [{ image: suggested, regions: found }] })
  const reasons = [{ kind: 'unsure', concept: 'cavity' }, { kind: 'typical_unread', size: 5 }]
  const ranking = [suggested, unread].map((image, index) => ({ image, score: 1 - index, reason: reasons[index] }))
  await worker.call('POST', `/api/worker/acquisitions/${round.id}/finish`, { attempt: round.attempt, ranking })
  await until(async () => (await admin.call('GET', `/api/acquisitions/${round.id}`)).state === 'finished', 'the round')
}

for (const lang of ['en', 'zh-Hans']) {
  test.describe(() => {
    test.use({ locale: lang })
    // Some twenty pages; a machine with other work takes twice the time.
    test.setTimeout(300_000)
    test(`every page is accessible, and has its picture taken, in ${lang}`, async ({ page }) => {
      await new Tour(page, lang).goRound()
    })
  })
}

// Three bits less of each colour are hardly seen, and the file is half as large.
function fewerColours(png: Uint8Array): Uint8Array {
  const { width, height, channels, data } = decode(png)
  const fewer = Uint8Array.from(data, (value) => Math.min((value + 4) & ~7, 255))
  const smaller = encode({ width, height, channels, depth: 8, data: fewer }, { zlib: { level: 9 } })
  return smaller.length < png.length ? smaller : png
}

class Tour {
  private readonly t: Texts

  constructor(
    private readonly page: Page,
    private readonly lang: string,
  ) {
    this.t = textsOf(lang)
  }

  async goRound() {
    await this.signsIn()
    await this.overview()
    await this.reading()
    await this.training()
    await this.people()
  }

  // Of the whole page, or of a part of it.
  private async taken(name: string, part?: Locator) {
    await isAccessible(this.page)
    await this.page.evaluate(() => scrollTo(0, 0))
    const picture = part ? await part.screenshot({ animations: 'disabled' }) : await this.page.screenshot({ fullPage: true, animations: 'disabled' })
    const folder = process.env['MEDREG_SHOTS']
    const file = `${name}.${this.lang}.png`
    if (folder) writeFileSync(join(folder, file), fewerColours(picture))
    else writeFileSync(test.info().outputPath(file), picture)
  }

  private button = (name: string) => this.page.getByRole('button', { name, exact: true })

  private async signIn({ username, password }: Reader) {
    const { page, t } = this
    // The page of whoever was signed in before has a choice of languages too.
    await expect(this.button(t.sign_in.go)).toBeVisible()
    await page.getByRole('combobox', { name: t.app.language }).selectOption(this.lang)
    await page.getByLabel(t.sign_in.username).fill(username)
    await page.locator('input[autocomplete=current-password]').fill(password)
    await this.button(t.sign_in.go).click()
    await expect(this.button(t.app.sign_out)).toBeVisible()
  }

  private async signsIn() {
    await this.page.goto(server.url)
    await expect(this.button(this.t.sign_in.go)).toBeVisible()
    await this.taken('sign-in')
    await this.signIn(readerOf('anna.keller'))
  }

  // A page of the project, once what it is about is there.
  private async visit(path: string, seen: string) {
    await this.page.goto(`${server.url}/projects/${project}${path}`)
    await expect(this.page.getByText(seen).first()).toBeVisible()
  }

  private async overview() {
    const { page, t } = this
    await expect(page.getByRole('link', { name: PROJECT })).toBeVisible()
    await this.taken('projects')
    await this.visit('', t.home.regions)
    await this.taken('project')
    await this.visit('/worklist', 'CR-0231')
    await this.taken('worklist')
    await this.visit('/upload', t.upload.waiting)
    await expect(page.locator('img')).toHaveJSProperty('complete', true)
    await this.taken('upload')
  }

  private async open(image: string) {
    await this.page.goto(`${server.url}/projects/${project}/read/${image}`)
    await isShown(this.page, image, 0)
  }

  private async reading() {
    const { page, t } = this
    await this.open(ct)
    await page.getByTestId('region').first().click()
    await page.keyboard.press('Escape')
    await page.keyboard.press('7')
    await expect(page.getByLabel(t.view.window, { exact: true })).toHaveValue('mediastinum')
    await page.keyboard.press('m')
    await draw(page, [71, 15, 109, 15])
    await expect(page.getByTestId('measured')).toBeVisible()
    await this.taken('read-ct')
    await page.keyboard.press('m')
    await this.button(t.view.compare).click()
    await expect(page.getByTestId('beside').getByTestId('pixels')).toHaveAttribute('data-shown', /\/0$/)
    await this.taken('read-beside')

    await this.open(radiograph)
    await page.getByTestId('region').first().click()
    await this.taken('read-radiograph')
    for (const name of ['report', 'questions', 'findings'] as const) {
      await page.getByRole('tab', { name: t.panel[name] }).click()
      await this.taken(`read-${name}`, page.getByRole('complementary'))
    }
    await page.goto(`${server.url}/projects/${project}/read/${section}`)
    await page.getByTestId('region').first().click()
    await page.getByRole('button', { name: t.view.actual }).click()
    await expect(page.getByTestId('tiles')).toHaveAttribute('data-level', '0')
    await this.taken('read-slide')
    await this.open(suggested)
    await expect(page.getByTestId('suggestion')).toHaveCount(2)
    await this.taken('read-suggestion')
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog')
    await expect(dialog).toBeVisible()
    await this.taken('read-keys', dialog)
    await this.open(unread)
    await page.keyboard.press('Control+Enter')
    await expect(this.button(t.verdict.nothing_found)).toBeFocused()
    await this.taken('read-verdict', dialog)
  }

  private async training() {
    const { page, t } = this
    await this.visit('/snapshots', t.exports.export)
    await page.getByText(t.exports.export, { exact: true }).first().click()
    await page.getByRole('menuitem', { name: 'MedRegInstruct' }).click()
    await expect(page.getByRole('link', { name: 'MedRegInstruct' })).toBeVisible()
    await this.taken('snapshots')
    await page.getByRole('link', { name: t.snapshots.compare }).click()
    await expect(page.getByText(t.differences.total.boxes_moved)).toBeVisible()
    await expect(page.getByRole('img', { name: t.differences.moves.split('{{')[0] })).toBeVisible()
    await this.taken('differences')
    await this.visit('/runs', 'All weights')
    await this.taken('runs')
    await this.visit(`/runs/${runs[1]}`, t.runs.scores)
    await page.getByText(t.runs.log).click()
    await expect(page.getByText('checkpoint written step=600')).toBeVisible()
    await this.taken('run')
    await this.visit(`/runs/compare?runs=${runs[0]},${runs[1]}`, t.runs.scores)
    await expect(page.getByRole('img', { name: new RegExp(`^${t.runs.loss}`) })).toBeVisible()
    await this.taken('compare')
    await this.visit('/runs/new', t.runs.advanced)
    await this.taken('launch')
    await this.visit('/models', t.models.promoted)
    await this.taken('models')
    await this.visit('/rounds', t.rounds.another)
    await expect(page.getByRole('img', { name: new RegExp(`^${t.score.accuracy}`) })).toBeVisible()
    await this.taken('rounds')
    await page.getByRole('link', { name: t.rounds.number.replace('{{number}}', '1') }).click()
    await expect(page.getByRole('row')).toHaveCount(6)
    await this.taken('round')
  }

  private async people() {
    const { page, t } = this
    await this.button(t.app.sign_out).click()
    await this.signIn(server.adminReader)
    await page.goto(`${server.url}/people`)
    await page.getByLabel(t.people.project, { exact: true }).selectOption({ label: PROJECT })
    await expect(page.getByRole('cell', { name: '王敏 Wang Min' }).last()).toBeVisible()
    await this.taken('people')
  }
}
