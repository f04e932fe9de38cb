import { expect, test, type Page } from '@playwright/test'
import { isAccessible } from './accessible'
import { clickAt, draw, nextCase, numbers, saved, signInTo, submitted } from './reading'
import { Client, picture, Server, until, type Reader } from './server'

const anna: Reader = { username: 'anna', password: 'anna reads at night' }
const bo: Reader = { username: 'bo', password: 'bo reads in the morning' }
const cy: Reader = { username: 'cy', password: 'cy reads at lunch' }

let server: Server
let admin: Client
let project: string

test.beforeAll(async () => {
  server = await Server.start()
  admin = await server.admin()
  const made = await admin.call('POST', '/api/projects', {
    name: 'Chest (synthetic)', synthetic: true, shares: { val: 0, test: 0 }, blind_share: 0,
    guideline: 'Mark each lung, the heart and every nodule.',
  })
  project = made.id
  await admin.call('PUT', `/api/projects/${project}/concepts`, {
    concepts: [
      { key: 'left_lung', kind: 'structure', names: { en: 'left lung', zh: '左肺' }, modalities: [] },
      { key: 'right_lung', kind: 'structure', names: { en: 'right lung', zh: '右肺' }, modalities: [] },
      { key: 'nodule', kind: 'lesion', names: { en: 'nodule', zh: '结节' }, modalities: [] },
    ],
  })
  for (const reader of [anna, bo, cy]) {
    const user = await admin.call('POST', '/api/users', { ...reader, display_name: reader.username })
    await admin.call('PUT', `/api/projects/${project}/members/${user.id}`, { role: 'annotator' })
  }
  for (const seed of [0, 1, 2, 3, 4, 5, 6]) {
    const form = new FormData()
    form.set('file', new Blob([picture(seed) as BlobPart]), `chest-${seed}.png`)
    form.set('attested', 'true')
    form.set('modality', 'xray')
    await admin.call('POST', `/api/projects/${project}/images`, form)
  }
})
test.afterAll(async () => server.stop())

const signIn = (page: Page, reader: Reader) => signInTo(page, server.url, reader, 'Chest (synthetic)')

test('a reader draws, describes in two languages and submits; nothing is lost, nobody gets the same case', async ({ page, browser }) => {
  await page.goto(server.url)
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await isAccessible(page)
  await signIn(page, anna)
  await isAccessible(page)
  const { id: image } = await nextCase(page)
  const drawn: [number, number, number, number] = [68, 74, 231, 388]
  await saved(page, async () => {
    await draw(page, drawn)
    await page.getByRole('combobox', { name: 'Concept' }).click()
    await page.getByRole('option', { name: /right lung/ }).click()
    await page.getByLabel(/Description \(English\)/).fill('Clear right lung, no consolidation.')
    await page.getByLabel(/Description \(中文\)/).fill('右肺清晰，未见实变。')
  })
  await isAccessible(page)

  await page.reload()
  await page.getByTestId('region').first().click()
  await expect(page.getByLabel(/Description \(中文\)/)).toHaveValue('右肺清晰，未见实变。')

  const other = await (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage()
  await signIn(other, bo)
  expect((await nextCase(other)).id).not.toBe(image)
  await other.context().close()

  await submitted(page, () => page.getByRole('button', { name: /Submit/ }).click())
  const { annotations } = await admin.call('GET', `/api/images/${image}/annotations`)
  const [region] = annotations[0].content.regions
  region.bbox.forEach((edge: number, index: number) => expect(Math.abs(edge - (drawn[index] ?? NaN))).toBeLessThanOrEqual(1))
  expect(region.concept).toBe('right_lung')
  expect(region.texts).toEqual({ en: 'Clear right lung, no consolidation.', zh: '右肺清晰，未见实变。' })
  expect(annotations[0].submitted).toBe(true)
})

test('a suggestion is accepted and becomes an annotation that keeps its origin', async ({ page }) => {
  const suggested = await suggestEverywhere()
  await signIn(page, cy)
  const { id: image, suggestions } = await nextCase(page)
  await expect(page.getByTestId('suggestion')).toHaveCount(1)
  await expect(page.getByText(/Why this case/)).toBeVisible()
  await expect(page.getByTestId('suggestion')).toContainText('likely · 87 %')
  await expect(page.getByTestId('outer-box')).toHaveCount(0)
  await page.keyboard.press('o')
  await expect(page.getByTestId('outer-box')).toHaveCount(1)
  await isAccessible(page)
  await saved(page, () => page.keyboard.press('a'))
  await expect(page.getByTestId('suggestion')).toHaveCount(0)
  await submitted(page, () => page.keyboard.press('Control+Enter'))
  const { annotations } = await admin.call('GET', `/api/images/${image}/annotations`)
  const [region] = annotations[0].content.regions
  expect(region.origin).toBe(suggestions[0]?.id)
  expect(region.bbox).toEqual(suggested)
  const progress = await admin.call('GET', `/api/projects/${project}/progress`)
  expect(progress.suggestions).toMatchObject({ accepted: 1, adjusted: 0, rejected: 0 })
})

test('a suggestion that is adjusted with the mouse opens as a region', async ({ page }) => {
  await signIn(page, cy)
  const { id: image, suggestions } = await nextCase(page)
  await saved(page, () => page.getByRole('button', { name: /Adjust/ }).click())
  await expect(page.getByRole('combobox', { name: 'Concept' })).toBeVisible()
  await expect(page.getByLabel(/Description \(English\)/)).toHaveValue('Clear left lung.')
  await saved(page, () => page.getByLabel('x0', { exact: true }).fill('290'))
  await submitted(page, () => page.keyboard.press('Control+Enter'))
  const { annotations } = await admin.call('GET', `/api/images/${image}/annotations`)
  const [region] = annotations[0].content.regions
  expect(region.origin).toBe(suggestions[0]?.id)
  expect(region.bbox[0]).toBe(290)
})

test('a lead has cases go by how sure the model is, and the worklist says which way', async ({ page }) => {
  const lena = { username: 'lena', password: 'lena decides who reads' }
  const user = await admin.call('POST', '/api/users', { ...lena, display_name: 'Lena' })
  await admin.call('PUT', `/api/projects/${project}/members/${user.id}`, { role: 'lead' })
  await signIn(page, lena)
  await page.goto(`${server.url}/projects/${project}`)
  await page.getByRole('switch', { name: 'Route cases by confidence' }).check()
  const accept = page.getByLabel('Accept after review from')
  const save = page.getByRole('button', { name: 'Save and route anew' })
  await accept.fill('30')
  await expect(page.getByText('This is above the other threshold.')).toBeVisible()
  await expect(save).toBeDisabled()
  await accept.fill('80')
  await save.click()
  await expect(save).toBeDisabled()
  await isAccessible(page)
  await page.goto(`${server.url}/projects/${project}/worklist`)
  await page.getByLabel('Route', { exact: true }).selectOption('Accept after review')
  await expect(page.getByRole('cell', { name: 'Accept after review' }).first()).toBeVisible()
  await expect(page.getByRole('cell', { name: 'Expert first' })).toHaveCount(0)
  await isAccessible(page)
  await page.goto(`${server.url}/projects/${project}/feedback`)
  await expect(page.getByTestId('routes')).toContainText('Audit of accepted cases')
  await isAccessible(page)
  await admin.call('PUT', `/api/projects/${project}/routing`, { routing: null })
})

test('a nodule is drawn inside a lung; clicks choose, and change no box', async ({ page }) => {
  await signIn(page, bo)
  const { id: image } = await nextCase(page)
  await saved(page, () => draw(page, [68, 74, 231, 388]))
  const lung = await numbers(page)
  // Beside the corner's handle: a click is no drag, and a drag goes as far as the pointer does.
  await clickAt(page, 233, 390)
  expect(await numbers(page)).toEqual(lung)
  await saved(page, () => draw(page, [234, 391, 244, 396]))
  const [x0, y0, x1, y1] = await numbers(page)
  expect([x0, y0]).toEqual(lung.slice(0, 2))
  expect(Math.abs((x1 ?? 0) - (lung[2] ?? 0) - 10)).toBeLessThanOrEqual(1)
  expect(Math.abs((y1 ?? 0) - (lung[3] ?? 0) - 5)).toBeLessThanOrEqual(1)

  await saved(page, () => draw(page, [150, 160, 190, 200]))
  await expect(page.getByTestId('region')).toHaveCount(2)
  const nodule = await numbers(page)
  await clickAt(page, 100, 300)
  expect(await numbers(page)).toEqual([x0, y0, x1, y1])
  await clickAt(page, 170, 180)
  expect(await numbers(page)).toEqual(nodule)
  const { annotations } = await admin.call('GET', `/api/images/${image}/annotations`)
  expect(annotations[0].content.regions).toHaveLength(2)
})

test('a save from elsewhere is shown, and both versions are kept', async ({ page }) => {
  await signIn(page, cy)
  const { id: image } = await nextCase(page)
  const elsewhere = await server.signIn(cy)
  const region = { id: crypto.randomUUID(), bbox: [300, 60, 440, 390], concept: 'left_lung', texts: { en: 'from elsewhere' } }
  await elsewhere.call('PUT', `/api/images/${image}/annotation`, { based_on: 0, content: { regions: [region] } })
  await draw(page, [70, 70, 200, 300])
  await saved(page, () => page.getByRole('button', { name: 'Keep both' }).click())
  const { content } = await elsewhere.call('GET', `/api/images/${image}/annotation`)
  expect(content.regions).toHaveLength(2)
  expect(content.regions[0].texts.en).toBe('from elsewhere')

  // With nothing to save, it is the submit that finds another version, and offers it.
  const { revision } = await elsewhere.call('GET', `/api/images/${image}/annotation`)
  await elsewhere.call('PUT', `/api/images/${image}/annotation`, { based_on: revision, content: { regions: [region] } })
  await page.keyboard.press('Control+Enter')
  await saved(page, () => page.getByRole('button', { name: 'Take the other' }).click())
  await submitted(page, () => page.keyboard.press('Control+Enter'))
})

test('what could not be sent is found again, and a session that ended asks to sign in', async ({ page, context }) => {
  await signIn(page, anna)
  await nextCase(page)
  await page.route('**/annotation', (route) => route.abort())
  await draw(page, [68, 74, 231, 388])
  await expect(page.getByTestId('saving')).toHaveAttribute('data-saving', 'offline')
  await page.goto(server.url)
  const unsent = page.getByTestId('unsent')
  await expect(unsent).toBeVisible({ timeout: 15_000 })
  await isAccessible(page)
  await page.unroute('**/annotation')
  await saved(page, () => unsent.getByRole('link').click())
  await expect(page.getByTestId('region')).toHaveCount(1)

  await context.clearCookies()
  await draw(page, [300, 74, 400, 388])
  await page.getByLabel('User name').fill(anna.username)
  await page.locator('input[autocomplete=current-password]').fill(anna.password)
  await saved(page, () => page.getByRole('button', { name: 'Sign in' }).click())
  await expect(page.getByTestId('region')).toHaveCount(2)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
})

test('descriptions that disagree are marked while they are written, and a correction is one key away', async ({ page }) => {
  await signIn(page, bo)
  await nextCase(page)
  await draw(page, [300, 80, 420, 300])
  const english = page.getByLabel(/Description \(English\)/)
  const chinese = page.getByLabel(/Description \(中文\)/)
  const flags = page.getByTestId('flags')
  await english.fill('Nodule in the left lung, 3 cm.')
  await chinese.fill('右肺结节，30毫米。')
  await expect(flags.nth(1)).toHaveText(/“右” here, “left” in the other text/)
  await expect(flags.nth(0)).toHaveAttribute('data-flags', '1')
  await isAccessible(page)
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Write “right”' })).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Write “左”' })).toBeFocused()
  await saved(page, () => page.keyboard.press('Enter'))
  await expect(chinese).toHaveValue('左肺结节，30毫米。')
  await expect(chinese).toBeFocused()
  await expect(flags.nth(0)).toHaveAttribute('data-flags', '0')
  await expect(flags.nth(1)).toHaveAttribute('data-flags', '0')

  await page.route('**/lint', (route) => route.abort())
  await saved(page, () => chinese.fill('右肺结节，30毫米。'))
  await expect(flags.nth(1)).toHaveAttribute('data-flags', '0')
})

// A worker's whole conversation, with a model of one run, and a suggestion on every image that nobody has begun.
async function suggestEverywhere(): Promise<number[]> {
  const { token } = await admin.call('POST', '/api/tokens', { name: 'journey', scope: 'worker' })
  const worker = server.withToken(token)
  const snapshot = await admin.call('POST', `/api/projects/${project}/snapshots`, {})
  const base = { kind: 'builtin', name: 'shapes' }
  const run = await admin.call('POST', `/api/projects/${project}/runs`, { snapshot: snapshot.id, base, name: 'journey' })
  const work = await worker.call('POST', '/api/worker/claim', { worker: 'journey' })
  expect(work.id).toBe(run.id)
  const finish = { attempt: work.attempt, outcome: 'finished', evaluation: null, card: 'made by a test', files: {} }
  const model = await worker.call('POST', `/api/worker/runs/${run.id}/finish`, finish)
  await admin.call('POST', `/api/models/${model.id}/promote`, { acquire: { budget: 3 } })
  const round = await worker.call('POST', '/api/worker/claim', { worker: 'journey' })
  const { images } = await worker.call('GET', `/api/worker/acquisitions/${round.id}/pool`)
  const open = images.filter((image: { open: boolean }) => image.open)
  const bbox = [283, 66, 441, 392]
  const region = { bbox, concept: 'left_lung', confidence: 0.87, calibrated: true, outer: [263, 46, 461, 412], texts: { en: 'Clear left lung.', zh: '左肺清晰。' } }
  await worker.call('POST', `/api/worker/acquisitions/${round.id}/predictions`, {
    attempt: round.attempt, images: open.map((image: { id: string }) => ({ image: image.id, regions: [region] })),
  })
  const ranking = open.slice(-2).map((image: { id: string }, index: number) => ({ image: image.id, score: 1 - index, reason: 'The model is unsure of its answers here.' }))
  await worker.call('POST', `/api/worker/acquisitions/${round.id}/finish`, { attempt: round.attempt, ranking })
  await until(async () => (await admin.call('GET', `/api/acquisitions/${round.id}`)).state === 'finished', 'the round')
  return bbox
}
