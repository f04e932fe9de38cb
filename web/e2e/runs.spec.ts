// A run under control, from the form to the comparison. Its worker is this test, which says what a worker says.
import { expect, test, type Page } from '@playwright/test'
import { isAccessible } from './accessible'
import { Client, picture, Server, type Reader } from './server'

const ed: Reader = { username: 'ed', password: 'ed trains in the morning' }

let server: Server
let admin: Client
let worker: Client
let project: string

test.beforeAll(async () => {
  server = await Server.start()
  admin = await server.admin()
  project = (await admin.call('POST', '/api/projects', { name: 'Runs (synthetic)', synthetic: true, shares: { val: 0, test: 0 }, blind_share: 0 })).id
  await admin.call('PUT', `/api/projects/${project}/concepts`, {
    concepts: [{ key: 'nodule', kind: 'lesion', names: { en: 'nodule', zh: '结节' }, modalities: [] }],
  })
  const user = await admin.call('POST', '/api/users', { ...ed, display_name: 'ed' })
  await admin.call('PUT', `/api/projects/${project}/members/${user.id}`, { role: 'engineer' })
  const form = new FormData()
  form.set('file', new Blob([picture(1) as BlobPart]), 'chest.png')
  form.set('attested', 'true')
  form.set('modality', 'xray')
  const { id: image } = await admin.call('POST', `/api/projects/${project}/images`, form)
  await admin.call('POST', `/api/images/${image}/lease`)
  const region = { id: crypto.randomUUID(), bbox: [160, 170, 200, 210], concept: 'nodule', texts: { en: 'A nodule.', zh: '结节。' } }
  const { revision } = await admin.call('PUT', `/api/images/${image}/annotation`, { based_on: 0, content: { regions: [region] } })
  await admin.call('POST', `/api/images/${image}/annotation/submit`, { revision, active_seconds: 5 })
  await admin.call('POST', `/api/projects/${project}/snapshots`, { name: 'v1' })
  worker = server.withToken((await admin.call('POST', '/api/tokens', { name: 'journey', scope: 'worker' })).token)
})
test.afterAll(async () => server.stop())

const held = (step: number) => ({ step, written_at: 1_800_000_000 + step, loss: 3 - step / 20, best: step === 40 })
async function claim(steps: number[], run: string) {
  return worker.call('POST', '/api/worker/claim', { worker: 'gpu-1', holds: steps.length > 0 ? [{ run, steps }] : [] })
}
// Steps from one to another, with a loss each and the checkpoints that are there after them.
async function train(item: { id: string; attempt: number }, from: number, to: number, checkpoints: number[]) {
  const points = Array.from({ length: (to - from) / 5 }, (_, index) => from + 5 * (index + 1)).flatMap((step) => [
    { name: 'train/loss', step, value: 3 / (1 + step / 20) + item.attempt / 10 },
    { name: 'train/steps_per_second', step, value: 4 + item.attempt },
  ])
  await worker.call('POST', `/api/worker/runs/${item.id}/metrics`, { attempt: item.attempt, points })
  return worker.call('POST', `/api/worker/runs/${item.id}/heartbeat`, {
    attempt: item.attempt, done: to, total: 60, phase: 'training', checkpoints: checkpoints.map(held), saved: checkpoints.length > 0,
    log: [{ number: to, at: Date.now(), level: 'info', message: `checkpoint written after step ${to}` }],
  })
}
async function finish(item: { id: string; attempt: number }, outcome: 'finished' | 'stopped', accuracy: number) {
  const evaluation = { images: 4, patients: 3, regions: 5, accuracy: { en: accuracy, zh: accuracy }, mean_iou: { en: 0.4 }, region_f1: {} }
  await worker.call('POST', `/api/worker/runs/${item.id}/finish`, { attempt: item.attempt, outcome, evaluation, card: '# A model', files: {} })
}
const runOf = (page: Page) => /runs\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? ''

test('a run is launched, stopped, resumed from a chosen checkpoint, cloned, tagged and compared', async ({ page }) => {
  await page.goto(`${server.url}/projects/${project}/runs`)
  await page.getByLabel('User name').fill(ed.username)
  await page.locator('input[autocomplete=current-password]').fill(ed.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Launch a run' }).click()

  // What cannot be used is refused at its field: by the page while it is typed, by the server once it is sent.
  const steps = page.getByLabel('Steps', { exact: true })
  await expect(steps).toHaveValue('600')
  await steps.fill('0')
  await expect(page.getByText('Expected: a whole number, 1 ≤ n ≤ 1000000')).toBeVisible()
  await page.getByRole('button', { name: 'Launch a run' }).click()
  await expect(steps).toBeFocused()
  await steps.fill('60')
  await page.getByLabel('Name', { exact: true }).fill('tiny')
  await page.getByLabel('What may change').selectOption('lora')
  await page.getByRole('button', { name: 'Advanced settings' }).click()
  const layers = page.getByLabel('Layers', { exact: true })
  await layers.fill('q_proj! v_proj')
  await isAccessible(page)
  await page.getByRole('button', { name: 'Launch a run' }).click()
  await expect(page.getByText(/tuning\.targets.*is expected/)).toBeVisible()
  await expect(layers).toBeFocused()
  await layers.fill('q_proj\nv_proj')
  await page.getByRole('button', { name: 'Launch a run' }).click()
  await expect(page.getByRole('heading', { name: 'tiny' })).toBeVisible()
  const first = runOf(page)

  const item = await claim([], first)
  expect(item.config).toMatchObject({ steps: 60, tuning: { kind: 'lora', rank: 8, targets: ['q_proj', 'v_proj'] } })
  await train(item, 0, 20, [20])
  await train(item, 20, 40, [20, 40])
  await expect(page.getByRole('cell', { name: '40', exact: true })).toBeVisible()
  await page.getByText("The worker's log").click()
  await expect(page.getByText('checkpoint written after step 40')).toBeVisible()
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page.getByText(/^Stopping/)).toBeVisible()
  expect(await train(item, 40, 45, [20, 40, 45])).toEqual({ stop: true })
  await finish(item, 'stopped', 0.4)

  await page.getByRole('button', { name: 'Go on from step 20' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Go on from step 20' }).click()
  await expect(page.getByText(/Waits for a worker that keeps the checkpoint after step 20/)).toBeVisible()
  await isAccessible(page)
  const again = await claim([20, 40, 45], first)
  expect(again).toMatchObject({ id: first, attempt: 2, resume_from: 20 })
  await train(again, 20, 60, [40, 60])
  await expect(page.getByText('60 of 60')).toBeVisible()
  await finish(again, 'finished', 0.75)
  await expect(page.getByText(/^Finished/)).toBeVisible()
  const { series } = await admin.call('GET', `/api/runs/${first}/metrics`)
  expect(series['train/loss'].map(([step]: [number]) => step)).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60])

  await page.getByRole('link', { name: 'Clone' }).click()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('tiny (2)')
  await steps.fill('40')
  await page.getByRole('button', { name: 'Launch a run' }).click()
  await expect(page.getByRole('heading', { name: 'tiny (2)' })).toBeVisible()
  const second = runOf(page)
  expect((await admin.call('GET', `/api/runs/${second}`)).cloned_from).toBe(first)
  const clone = await claim([], second)
  await train(clone, 0, 40, [40])
  await finish(clone, 'finished', 0.5)

  // Somebody else writes first: nothing is lost.
  await page.getByRole('button', { name: 'Edit notes and tags' }).click()
  await admin.call('PUT', `/api/runs/${second}/notes`, { based_on: 0, notes: 'from elsewhere', tags: [] })
  await page.getByLabel('Tags').and(page.locator('input')).fill('short')
  await page.keyboard.press('Enter')
  await page.getByRole('textbox', { name: 'Notes' }).fill('Fewer steps.')
  await page.getByRole('button', { name: 'Save notes' }).click()
  await expect(page.getByText('from elsewhere')).toBeVisible()
  await page.getByRole('button', { name: 'Keep mine' }).click()
  await expect(page.getByText('Fewer steps.')).toBeVisible()

  await page.getByRole('link', { name: 'Runs', exact: true }).click()
  await page.getByRole('checkbox', { name: 'Compare tiny', exact: true }).check()
  await page.getByLabel('Tag', { exact: true }).selectOption('short')
  await expect(page.getByRole('link', { name: 'tiny', exact: true })).toHaveCount(0)
  await page.getByRole('checkbox', { name: 'Compare tiny (2)' }).check()
  await isAccessible(page)
  await page.getByRole('link', { name: 'Compare' }).click()
  await expect(page.getByRole('row', { name: /^Steps 60 40/ })).toBeVisible()
  await expect(page.getByRole('row', { name: /^Rank/ })).toHaveCount(0)
  await expect(page.getByRole('row', { name: /Region-to-Text accuracy \(English\) 0\.750 0\.500/ })).toBeVisible()
  await expect(page.getByRole('img', { name: /^Loss: tiny .*, tiny \(2\) / })).toBeVisible()
  await isAccessible(page)
  await page.reload()
  await page.getByLabel('Show what is the same too').check()
  await expect(page.getByRole('row', { name: /^Rank 8 8/ })).toBeVisible()
})

test('a round is asked for and looked at, and what readers did with its suggestions', async ({ page }) => {
  const { snapshots } = await admin.call('GET', `/api/projects/${project}/snapshots`)
  await admin.call('POST', `/api/projects/${project}/runs`, { snapshot: snapshots[0].id, base: { kind: 'builtin', name: 'shapes' }, name: 'young' })
  await finish(await claim([], ''), 'finished', 0.5)
  const { models } = await admin.call('GET', `/api/projects/${project}/models`)
  await admin.call('POST', `/api/models/${models[0].id}/promote`, { acquire: { strategy: 'entropy', budget: 2, seed: 7 } })
  const round = await claim([], '')
  const form = new FormData()
  form.set('file', new Blob([picture(2) as BlobPart]), 'chest.png')
  form.set('attested', 'true')
  const { id: image } = await admin.call('POST', `/api/projects/${project}/images`, form)
  const bbox = [160, 170, 200, 210]
  const texts = { en: 'A nodule.', zh: '结节。' }
  const path = `/api/worker/acquisitions/${round.id}`
  await worker.call('POST', `${path}/predictions`, { attempt: 1, images: [{ image, regions: [{ bbox, concept: 'nodule', confidence: 0.6, texts }] }] })
  await worker.call('POST', `${path}/finish`, { attempt: 1, ranking: [{ image, score: 0.4, reason: { kind: 'least_sure', concept: 'nodule' } }] })
  const { suggestions } = await admin.call('POST', `/api/images/${image}/lease`)
  const region = { id: crypto.randomUUID(), bbox, concept: 'nodule', texts, origin: suggestions[0].id }
  const { revision } = await admin.call('PUT', `/api/images/${image}/annotation`, { based_on: 0, content: { regions: [region] } })
  await admin.call('POST', `/api/images/${image}/annotation/submit`, { revision, active_seconds: 90 })

  await page.goto(`${server.url}/projects/${project}/rounds`)
  const { username, password } = server.adminReader
  await page.getByLabel('User name').fill(username)
  await page.locator('input[autocomplete=current-password]').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('row', { name: /^Round 1 .* Entropy young Finished 1 of 1, 0 by chance 1 1\.5 –$/ })).toBeVisible()
  await expect(page.getByText('three rounds must have come to a score of their own, 0 have')).toBeVisible()
  await isAccessible(page)
  await page.getByLabel('Strategy', { exact: true }).selectOption('random')
  await page.getByLabel('Images at most').fill('5')
  await page.getByRole('button', { name: 'Ask for a round' }).click()
  await expect(page.getByRole('row', { name: /^Round 2 .* Random young Queued/ })).toBeVisible()

  await page.getByRole('link', { name: 'Round 1' }).click()
  await expect(page.getByText('Entropy, at most 2 images, seed 7, asked of young')).toBeVisible()
  await expect(page.getByRole('row', { name: /^Chosen 1 1 1 1\.5 90 1\.00 \(too few to say/ })).toBeVisible()
  await expect(page.getByRole('row', { name: /Among the images the model is least sure about, above all about: nodule\. 0\.400 Submitted 1 90$/ })).toBeVisible()
  await isAccessible(page)

  await page.getByRole('link', { name: 'Feedback' }).click()
  await expect(page.getByRole('row', { name: /^Accepted 1 100 %$/ })).toBeVisible()
  await expect(page.getByRole('row', { name: /^Seconds a case 90 – too few to say/ })).toBeVisible()
  await isAccessible(page)
  const fetched = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Cases as CSV' }).click()
  expect((await fetched).suggestedFilename()).toBe('feedback.csv')
  await page.getByLabel('until').fill('2020-01-01')
  await expect(page.getByText('No case with suggestions was submitted in this time.')).toBeVisible()
})
