// The reading page by mouse, pen, fingers and keys, and what may happen to the work on it.
import { encode } from 'fast-png'
import { expect, test, type Locator, type Page } from '@playwright/test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAccessible } from './accessible'
import { clickAt, draw, isShown, numbers, onScreen, saved, signInTo, submitted } from './reading'
import { Client, Server, until, type Reader } from './server'

const anna: Reader = { username: 'anna', password: 'anna reads at night' }
const bo: Reader = { username: 'bo', password: 'bo reads in the morning' }
const SIDE = 96

let server: Server
let admin: Client
let project: string
const images: string[] = []

// A small picture of its own: grey noise.
function noise(seed: number): Uint8Array {
  let now = seed + 1
  const data = Uint8Array.from({ length: SIDE * SIDE }, () => (now = (now * 48271) % 2147483647) % 200)
  return encode({ width: SIDE, height: SIDE, data, channels: 1, depth: 8 })
}

test.beforeAll(async () => {
  server = await Server.start()
  admin = await server.admin()
  project = (await admin.call('POST', '/api/projects', { name: 'Small', synthetic: true, shares: { val: 0, test: 0 }, blind_share: 0 })).id
  await admin.call('PUT', `/api/projects/${project}/concepts`, {
    concepts: [
      { key: 'lung', kind: 'structure', names: { en: 'lung', zh: '肺' }, codes: { RadLex: 'RID1301' } },
      { key: 'nodule', kind: 'lesion', names: { en: 'pulmonary nodule', zh: '肺结节' }, synonyms: { en: ['coin lesion'], zh: ['结节影'] } },
      { key: 'cyst', kind: 'lesion', names: { en: 'cyst', zh: '囊肿' } },
    ],
  })
  for (const reader of [anna, bo]) {
    const user = await admin.call('POST', '/api/users', { ...reader, display_name: reader.username })
    await admin.call('PUT', `/api/projects/${project}/members/${user.id}`, { role: 'annotator' })
  }
  for (let seed = 0; seed < 24; seed += 1) {
    const form = new FormData()
    form.set('file', new Blob([noise(seed) as BlobPart]), `small-${seed}.png`)
    form.set('attested', 'true')
    form.set('modality', 'xray')
    images.push((await admin.call('POST', `/api/projects/${project}/images`, form)).id)
  }
})
test.afterAll(async () => server.stop())

const signIn = (page: Page, reader: Reader) => signInTo(page, server.url, reader, 'Small')
const address = (image: string) => `${server.url}/projects/${project}/read/${image}`
// Each journey has cases of its own.
const another = () => images.pop() ?? ''

async function open(page: Page, image: string) {
  await page.goto(address(image))
  await expect(page.getByTestId('viewport')).toHaveAttribute('data-zoom', /\d/)
}
async function signedIn(page: Page, reader: Reader = anna): Promise<string> {
  const image = another()
  await signIn(page, reader)
  await open(page, image)
  return image
}
const contentOf = async (image: string) => (await admin.call('GET', `/api/images/${image}/annotations`)).annotations[0].content
// All that the page's own store holds, as text.
const journal = () =>
  new Promise<string>((resolve, reject) => {
    const opening = indexedDB.open('keyval-store')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const all = opening.result.transaction('keyval').objectStore('keyval').getAll()
      all.onsuccess = () => resolve(JSON.stringify(all.result))
      all.onerror = () => reject(all.error)
    }
  })
const english = (page: Page) => page.getByLabel(/Description \(English\)/)

// Searches the list that has the focus once it is open, and takes what was found once it is seen, as people do.
async function search(page: Page, text: string) {
  await expect(page.locator(':focus')).toHaveAttribute('aria-expanded', 'true')
  await page.keyboard.type(text)
  await expect(page.locator('[role=option][data-combobox-selected]')).toBeVisible()
  await page.keyboard.press('Enter')
}

// A description with the keyboard alone, from the chosen region on.
async function describe(page: Page, concept: string, en: string, zh: string) {
  await page.keyboard.press('c')
  await search(page, concept)
  await page.keyboard.press('Escape')
  await page.keyboard.press('t')
  await page.keyboard.type(en)
  await page.keyboard.press('Tab')
  await page.keyboard.insertText(zh)
  await page.keyboard.press('Escape')
}

const rectOf = async (element: Locator) => (await element.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }

test('ten cases are read with the keyboard alone', async ({ page }) => {
  await signIn(page, bo)
  await page.getByRole('link', { name: 'Next case' }).focus()
  const read = new Set<string>()
  const submittedOf = async (): Promise<number> => (await admin.call('GET', `/api/projects/${project}/progress`)).submitted
  const before = await submittedOf()
  const nothingFound = page.getByRole('button', { name: 'Nothing found' })
  for (let n = 0; n < 10; n += 1) {
    const answer = page.waitForResponse((r) => r.url().endsWith('/cases/next') && r.status() === 200)
    await page.keyboard.press(n === 0 ? 'Enter' : 'Control+Enter')
    // Nothing was marked on the one before: the verdict is asked for, and nothing found is one key away.
    if (n % 2 === 0 && n > 0) {
      await expect(nothingFound).toBeFocused()
      await page.keyboard.press('Enter')
    }
    read.add((await (await answer).json()).image.id)
    await expect(page.getByRole('heading', { name: 'Regions (0)' })).toBeVisible()
    await expect(page.getByTestId('viewport')).toHaveAttribute('data-zoom', /\d/)
    if (n % 2 === 1) continue
    await page.keyboard.press('n')
    await describe(page, 'cyst', `Cyst ${n}.`, `囊肿${n}。`)
  }
  expect(read.size).toBe(10)
  await page.keyboard.press('Control+Enter')
  await expect(nothingFound).toBeFocused()
  await page.keyboard.press('Enter')
  await until(async () => (await submittedOf()) === before + 10, 'ten submitted cases')
})

test('boxes without dragging: two clicks, a finger, never a hovering pen; names stand beside them', async ({ page, context }) => {
  await signedIn(page)
  const viewport = page.getByTestId('viewport')
  const regions = page.getByTestId('region')
  await page.keyboard.press('b')
  await clickAt(page, 10, 10)
  await page.keyboard.press('Escape')
  await clickAt(page, 40, 40)
  await expect(regions).toHaveCount(0)
  await page.getByRole('button', { name: 'Two clicks' }).click()
  await clickAt(page, 50, 60)
  await saved(page, () => clickAt(page, 20, 30))
  for (const [index, edge] of [20, 30, 50, 60].entries()) expect(Math.abs(((await numbers(page))[index] ?? 0) - edge)).toBeLessThan(1)
  // A click on its name is for a box, and no corner.
  await clickAt(page, 85, 85)
  await expect(page.locator('[data-chosen]')).toHaveCount(0)
  await page.keyboard.press('b')
  const name = await rectOf(page.locator('svg text').first())
  await page.mouse.click(name.x + name.width / 2, name.y + name.height / 2)
  await expect(page.locator('[data-chosen]')).toHaveCount(1)
  await page.keyboard.press('b')

  const cdp = await context.newCDPSession(page)
  const [from, to] = [await onScreen(viewport, 60, 10), await onScreen(viewport, 90, 40)]
  const hover = async (x: number, y: number) => cdp.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y, pointerType: 'pen' })
  await hover(from.x, from.y)
  await hover(to.x, to.y)
  await expect(regions).toHaveCount(1)
  await cdp.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 2 })
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: { x: number; y: number }[]) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map((point, id) => ({ ...point, id })) })
  await saved(page, async () => {
    await touch('touchStart', [from])
    await touch('touchMove', [to])
    await touch('touchEnd', [])
  })
  await expect(regions).toHaveCount(2)
  // Two fingers move and enlarge the image about the point between them, which goes along with them, and draw nothing.
  const near = (a: { x: number; y: number }, b: { x: number; y: number }) => expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeLessThan(1)
  const zoom = async () => Number(await viewport.getAttribute('data-zoom'))
  const apart = Math.hypot(to.x - from.x, to.y - from.y)
  const before = await zoom()
  const ends = [{ x: from.x - 10, y: from.y - 30 }, { x: to.x + 50, y: to.y + 30 }] as const
  await touch('touchStart', [from])
  await touch('touchStart', [from, to])
  await touch('touchMove', [...ends])
  await expect.poll(zoom).toBeCloseTo((before * Math.hypot(ends[1].x - ends[0].x, ends[1].y - ends[0].y)) / apart, 1)
  near(await onScreen(viewport, 75, 25), { x: (ends[0].x + ends[1].x) / 2, y: (ends[0].y + ends[1].y) / 2 })
  const drawn = await rectOf(page.getByTestId('region-box').last())
  near(drawn, await onScreen(viewport, 60, 10))
  near({ x: drawn.x + drawn.width, y: drawn.y + drawn.height }, await onScreen(viewport, 90, 40))
  // The finger that stays when one is lifted does nothing, nor does its own lifting.
  await touch('touchEnd', [ends[0]])
  await touch('touchMove', [{ x: ends[0].x + 80, y: ends[0].y + 80 }])
  await touch('touchEnd', [])
  await expect(regions).toHaveCount(2)
  // Between the two corners, too: the first one stays where it was.
  await page.keyboard.press('f')
  await page.keyboard.press('b')
  const tap = async (x: number, y: number) => {
    await touch('touchStart', [await onScreen(viewport, x, y)])
    await touch('touchEnd', [])
  }
  await tap(60, 60)
  const two = [await onScreen(viewport, 50, 50), await onScreen(viewport, 80, 80)]
  await touch('touchStart', two.slice(0, 1))
  await touch('touchStart', two)
  await touch('touchMove', two.map(({ x, y }, index) => ({ x: x + (index ? 20 : -20), y })))
  await touch('touchEnd', [])
  await saved(page, () => tap(70, 75))
  for (const [index, edge] of [60, 60, 70, 75].entries()) expect(Math.abs(((await numbers(page))[index] ?? 0) - edge)).toBeLessThan(1)
  await expect(regions).toHaveCount(3)
  await page.keyboard.press('f')

  // At the image's very edge, too.
  await saved(page, () => draw(page, [0, 0, 95, 12]))
  for (const box of await page.getByTestId('region-box').all()) {
    const shape = await rectOf(box)
    for (const name of await page.locator('svg text').all()) {
      const label = await rectOf(name)
      const apart = label.x + label.width <= shape.x || shape.x + shape.width <= label.x || label.y + label.height <= shape.y || shape.y + shape.height <= label.y
      expect(apart, `${JSON.stringify(label)} beside ${JSON.stringify(shape)}`).toBe(true)
    }
  }
})

test('some fifty steps by keys and mouse are all undone, and all done again', async ({ page }) => {
  const image = await signedIn(page)
  await saved(page, () => draw(page, [5, 5, 30, 30]))
  const before = await contentOf(image)
  const undo = page.getByRole('button', { name: 'Undo' })
  // What was there before is the start: the page is opened anew.
  await page.reload()
  await expect(undo).toBeDisabled()
  await page.keyboard.press('j')
  await describe(page, 'coin', 'A nodule.', '结节。')
  for (const key of ['u', 'ArrowLeft', 'ArrowRight', 'ArrowDown', 'Shift+ArrowRight', 'u']) await page.keyboard.press(key)
  await draw(page, [55, 8, 75, 28])
  await describe(page, '囊肿', 'A cyst. Thin wall.', '囊肿。壁薄。')
  for (const key of ['d', 'u', 'ArrowUp', 'Shift+K', 'Shift+K', 'Shift+J', 'd', 'Delete']) await page.keyboard.press(key)
  await page.keyboard.press('n')
  await describe(page, 'RID1301', 'Lung.', '肺。')
  await page.getByLabel('x0', { exact: true }).fill('3')
  await page.keyboard.press('Escape')
  await draw(page, [64, 66, 90, 90])
  // By its left border.
  await draw(page, [64, 75, 59, 80])
  for (const key of ['ArrowLeft', 'ArrowLeft', 'k', 'u', 'k', 'u', 'u']) await page.keyboard.press(key)
  await page.getByRole('tab', { name: /Report/ }).click()
  for (const text of ['A nodule is seen.', 'No effusion.']) {
    await page.getByRole('button', { name: 'Add a sentence' }).click()
    await page.getByTestId('sentence').last().getByLabel(/English/).fill(text)
  }
  await page.getByTestId('sentence').first().getByRole('combobox', { name: 'Speaks of these regions' }).click()
  await page.getByRole('option', { name: '1 pulmonary nodule' }).click()
  await page.keyboard.press('Escape')
  await page.getByTestId('sentence').last().getByRole('button', { name: 'Up' }).click()
  await page.getByRole('tab', { name: /Questions/ }).click()
  await page.getByRole('button', { name: 'Add a question' }).click()
  await page.getByLabel('Question 1 (English)').fill('Is there a nodule?')
  await page.getByLabel('Answer 1 (English)').fill('yes')
  await page.getByRole('tab', { name: /Labels/ }).click()
  await page.getByRole('combobox', { name: 'Add a label' }).click()
  await page.getByRole('option', { name: /cyst/ }).click()
  await page.getByTestId('finding').getByText('absent').click()
  await page.getByText('Cannot be judged').click()
  await page.getByLabel('Why it cannot be judged').fill('Motion')
  await page.keyboard.press('Escape')
  await expect(page.getByTestId('saving')).toHaveAttribute('data-saving', 'saved')
  const after = await contentOf(image)

  let steps = 0
  await saved(page, async () => {
    for (; await undo.isEnabled(); steps += 1) await page.keyboard.press('Control+z')
  })
  expect(steps).toBeGreaterThanOrEqual(45)
  await expect(page.getByTestId('saving')).toHaveAttribute('data-saving', 'saved')
  expect(await contentOf(image)).toEqual(before)
  await saved(page, async () => {
    for (let step = 0; step < steps; step += 1) await page.keyboard.press('Control+y')
  })
  await expect(page.getByRole('button', { name: 'Redo' })).toBeDisabled()
  expect(await contentOf(image)).toEqual(after)
})

test('a tab that dies in the middle of a sentence loses nothing', async ({ page, context }) => {
  const image = await signedIn(page)
  await page.route('**/annotation', (route) => route.abort())
  await draw(page, [5, 5, 30, 30])
  await page.keyboard.press('t')
  await page.keyboard.type('A round opacity in the up')
  await expect.poll(() => page.evaluate(journal)).toContain('A round opacity in the up')
  const cdp = await context.newCDPSession(page)
  const dead = page.waitForEvent('crash')
  await Promise.race([cdp.send('Page.crash').catch(() => undefined), dead])
  await dead
  const again = await context.newPage()
  await saved(again, () => open(again, image))
  await again.getByTestId('region').click()
  await expect(english(again)).toHaveValue('A round opacity in the up')
  expect((await contentOf(image)).regions[0].texts.en).toBe('A round opacity in the up')
})

// Real: the browser's network is cut, so that every request of the page fails, and what arrived is read from the server by this test.
// Not real: the minute. The page's clock is moved on, with all that the page tries again meanwhile; nobody waits. Another case cannot be
// opened meanwhile: its pixels are fetched ahead, but only the server can say that nobody else has it.
test('a minute without the network loses nothing and sends nothing twice; the next case then comes from what was fetched ahead', async ({ page, context }) => {
  await page.clock.install()
  const fetched: string[] = []
  page.on('requestfinished', (request) => request.url().includes('/pixels') && fetched.push(request.url()))
  const image = await signedIn(page)
  await saved(page, () => draw(page, [5, 5, 30, 30]))
  await expect.poll(() => fetched.length).toBe(2)
  const mine = await server.signIn(anna)
  const before = await mine.call('GET', `/api/images/${image}/annotation`)

  await context.setOffline(true)
  await describe(page, 'cyst', 'Cyst, written on a train.', '囊肿，写于列车上。')
  await page.clock.runFor('00:20')
  await expect(page.getByText('Offline: kept on this computer')).toBeVisible()
  await draw(page, [40, 40, 60, 60])
  await describe(page, 'coin', 'Nodule beside it.', '旁边有结节。')
  await page.clock.runFor('00:20')
  await draw(page, [70, 10, 90, 30])
  await page.keyboard.press('d')
  await page.keyboard.press('Control+z')
  await page.keyboard.press('p')
  await page.getByRole('button', { name: 'Add a sentence' }).click()
  await page.getByLabel('Sentence 1 (English)').fill('Two findings.')
  await page.getByLabel('Sentence 1 (中文)').fill('两处病变。')
  await page.clock.runFor('00:20')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText(/^Not submitted yet/)).toBeVisible()
  await expect(page.getByTestId('saving')).toHaveAttribute('data-saving', 'offline')
  expect((await mine.call('GET', `/api/images/${image}/annotation`)).revision).toBe(before.revision)

  await saved(page, () => context.setOffline(false))
  await expect(page.getByTestId('saving')).toHaveText('Saved')
  const after = await mine.call('GET', `/api/images/${image}/annotation`)
  expect(after.revision).toBe(before.revision + 1)
  const said = after.content.regions.map(({ concept, texts }: { concept: string; texts: object }) => ({ concept, texts }))
  expect(said).toEqual([
    { concept: 'cyst', texts: { en: 'Cyst, written on a train.', zh: '囊肿，写于列车上。' } },
    { concept: 'nodule', texts: { en: 'Nodule beside it.', zh: '旁边有结节。' } },
    { concept: null, texts: {} },
  ])
  expect(after.content.report.map(({ texts }: { texts: object }) => texts)).toEqual([{ en: 'Two findings.', zh: '两处病变。' }])

  await page.getByRole('tab', { name: /Regions/ }).click()
  await page.getByTestId('region').last().click()
  await page.keyboard.press('Delete')
  const next = page.waitForResponse((answer) => answer.url().endsWith('/cases/next'))
  await submitted(page, () => page.keyboard.press('Control+Enter'))
  const { image: other } = await (await next).json()
  await isShown(page, other.id, 0)
  expect(fetched.filter((url) => url.includes(other.id))).toHaveLength(1)

  // The pages around it were fetched ahead as well: one that was never looked at opens, and says that the server does not answer.
  await context.setOffline(true)
  await page.getByRole('link', { name: 'Worklist' }).click()
  await expect(page.getByRole('heading', { name: 'Worklist' })).toBeVisible()
  await context.setOffline(false)
})

test('a hold that cannot be renewed is told of while there is time, and the work stays', async ({ page }) => {
  await page.clock.install()
  await signedIn(page)
  await page.route('**/leases/*', (route) => route.abort())
  await page.clock.fastForward('06:00')
  await expect(page.getByText(/the hold on this case ends in \d min/)).toBeVisible()
  await page.clock.fastForward('10:00')
  await expect(page.getByText(/The hold on this case ran out/)).toBeVisible()
  await saved(page, () => draw(page, [5, 5, 30, 30]))
  await page.unroute('**/leases/*')
  await page.clock.fastForward('01:00')
  await expect(page.getByText(/The hold on this case ran out/)).toBeHidden()
})

test('two versions are settled region by region and field by field', async ({ page }) => {
  const image = await signedIn(page)
  await saved(page, async () => {
    await draw(page, [5, 5, 30, 30])
    await english(page).fill('mine')
  })
  const elsewhere = await server.signIn(anna)
  const { revision, content } = await elsewhere.call('GET', `/api/images/${image}/annotation`)
  const [region] = content.regions
  const added = { ...region, id: crypto.randomUUID(), bbox: [60, 60, 80, 80], texts: { en: 'added there' } }
  const theirs = { ...content, regions: [{ ...region, bbox: [1, 2, 33, 44], texts: { en: 'theirs' } }, added] }
  await elsewhere.call('PUT', `/api/images/${image}/annotation`, { based_on: revision, content: theirs })
  await english(page).fill('mine, longer')
  await expect(page.getByTestId('difference')).toHaveCount(2)
  await isAccessible(page)
  await page.getByRole('radiogroup', { name: 'Region bbox' }).getByText('elsewhere').click()
  await saved(page, () => page.getByRole('button', { name: 'Keep as chosen' }).click())
  const kept = await contentOf(image)
  expect(kept.regions.map((one: typeof region) => [one.bbox, one.texts.en])).toEqual([[[1, 2, 33, 44], 'mine, longer'], [[60, 60, 80, 80], 'added there']])
})

test('of two readers at one case the second is told, and neither loses anything', async ({ page, browser }) => {
  const image = await signedIn(page)
  const other = await (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage()
  await signIn(other, bo)
  await other.goto(address(image))
  await expect(other.getByRole('alert')).toContainText('anna is reading this case')
  // Anna's hold ends, as one does that runs out, and bo takes the case before she has written anything.
  const hers = await server.signIn(anna)
  const { lease } = await hers.call('POST', `/api/images/${image}/lease`)
  await hers.call('DELETE', `/api/leases/${lease.id}`)
  await open(other, image)
  await draw(page, [5, 5, 30, 30])
  await expect(page.getByTestId('saving')).toHaveAttribute('data-saving', 'held')
  await expect(page.getByTestId('saving')).toContainText('bo is reading this case')
  await saved(other, () => draw(other, [50, 50, 80, 80]))
  const his = await server.signIn(bo)
  const held = await his.call('POST', `/api/images/${image}/lease`)
  await saved(page, () => his.call('DELETE', `/api/leases/${held.lease.id}`))
  const { annotations } = await admin.call('GET', `/api/images/${image}/annotations`)
  expect(annotations.map((one: { content: { regions: unknown[] } }) => one.content.regions.length)).toEqual([1, 1])
  await other.context().close()
})

test('keys are silent while an input method composes, and all are listed', async ({ page, context }) => {
  await signedIn(page)
  await draw(page, [5, 5, 30, 30])
  const chinese = page.getByLabel(/Description \(中文\)/)
  await chinese.focus()
  const cdp = await context.newCDPSession(page)
  let submits = 0
  page.on('request', (request) => (submits += request.url().endsWith('/submit') ? 1 : 0))
  await cdp.send('Input.imeSetComposition', { text: 'feijiejie', selectionStart: 9, selectionEnd: 9 })
  for (const code of ['KeyN', 'Enter']) {
    await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', windowsVirtualKeyCode: 229, key: 'Process', code, modifiers: code === 'Enter' ? 2 : 0 })
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', windowsVirtualKeyCode: 229, key: 'Process', code })
  }
  await cdp.send('Input.insertText', { text: '肺结节' })
  await expect(chinese).toHaveValue('肺结节')
  await expect(page.getByTestId('region')).toHaveCount(1)
  expect(submits).toBe(0)

  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  const list = page.getByRole('dialog', { name: 'Keys' })
  await expect(list.getByText('box by two clicks', { exact: true })).toBeVisible()
  await isAccessible(page)
  // Behind the list nothing is heard.
  await page.keyboard.press('n')
  await page.keyboard.press('Escape')
  await expect(list).toBeHidden()
  await expect(page.getByTestId('region')).toHaveCount(1)
})

test('how somebody works is kept with their account: every box by two clicks, no names, no single letters', async ({ page, browser }) => {
  const first = { letter_keys: true, two_clicks: false, box_names: true }
  await signedIn(page, bo)
  await page.keyboard.press('?')
  for (const name of ['Every box by two clicks', 'Names beside the boxes', 'Single-letter keys are in use']) {
    const kept = page.waitForResponse((answer) => answer.url().endsWith('/settings') && answer.ok())
    await page.getByRole('switch', { name }).click()
    await kept
  }
  const other = await (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage()
  await signIn(other, bo)
  await open(other, another())
  await clickAt(other, 10, 10)
  await other.keyboard.press('Escape')
  for (const [x, y] of [[20, 20], [30, 40], [50, 50], [70, 80]] as const) await clickAt(other, x, y)
  await expect(other.getByTestId('region')).toHaveCount(2)
  // A click on a border is for its box; one inside is a corner, for something may lie in it.
  await clickAt(other, 25, 20)
  await expect(other.getByTestId('region').first()).toHaveAttribute('data-chosen')
  await clickAt(other, 55, 60)
  await clickAt(other, 65, 70)
  await expect(other.getByTestId('region')).toHaveCount(3)
  await expect(other.getByTestId('viewport').locator('svg text')).toHaveCount(0)
  await other.getByTestId('region').first().click()
  await other.keyboard.press('Escape')
  await other.keyboard.press('d')
  await expect(other.getByTestId('region')).toHaveCount(3)
  await other.context().close()
  await (await server.signIn(bo)).call('PUT', '/api/session/settings', first)
})

test('a report, questions and labels go with the regions; words once used are offered again', async ({ page }) => {
  const image = await signedIn(page)
  await draw(page, [5, 5, 30, 30])
  await describe(page, 'cyst', 'Simple cyst.', '单纯囊肿。')
  await page.keyboard.press('p')
  await page.getByRole('button', { name: 'Add a sentence' }).click()
  await page.getByLabel('Sentence 1 (English)').fill('There is a simple cyst.')
  await page.getByLabel('Sentence 1 (中文)').fill('可见单纯囊肿。')
  await page.getByRole('combobox', { name: 'Speaks of these regions' }).click()
  await page.getByRole('option', { name: '1 cyst' }).click()
  await page.keyboard.press('Escape')
  await isAccessible(page)
  await page.getByRole('tab', { name: /Labels/ }).click()
  await page.getByRole('combobox', { name: 'Add a label' }).focus()
  await search(page, 'coin')
  await page.getByTestId('finding').getByText('absent').click()
  await isAccessible(page)
  await submitted(page, () => page.keyboard.press('Control+Enter'))
  const { regions, report, findings } = await contentOf(image)
  expect(report).toMatchObject([{ texts: { en: 'There is a simple cyst.', zh: '可见单纯囊肿。' }, regions: [regions[0].id] }])
  expect(findings).toEqual([{ concept: 'nodule', presence: 'absent' }])

  await open(page, another())
  await draw(page, [5, 5, 30, 30])
  await page.keyboard.press('c')
  await search(page, 'cyst')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: /Phrases/ })).toBeVisible()
  await page.keyboard.press('s')
  await expect(page.locator('[role=menu]:focus-within')).toBeVisible()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(english(page)).toHaveValue('Simple cyst.')
  await expect(page.getByLabel(/Description \(中文\)/)).toHaveValue('单纯囊肿。')
})

test('a lead writes a template; a reader fills it in by Tab, is told what is left, and takes it back in one step', async ({ page }) => {
  await signIn(page, server.adminReader)
  await page.getByRole('button', { name: 'Add a template' }).click()
  await page.keyboard.type('Round opacity')
  await page.getByLabel('For', { exact: true }).selectOption('pulmonary nodule')
  await page.getByLabel(/Description \(English\)/).fill('Opacity in the {side} lung, {size} mm.')
  await page.getByLabel(/Description \(中文\)/).fill('{侧}肺阴影，{大小}毫米。')
  await isAccessible(page)
  await page.getByRole('button', { name: 'Save templates' }).click()
  await expect(page.getByTestId('template')).toContainText('Round opacity · pulmonary nodule')

  await open(page, another())
  await draw(page, [5, 5, 30, 30])
  await page.keyboard.press('c')
  await search(page, 'coin')
  await page.keyboard.press('Escape')
  await page.keyboard.press('t')
  await page.keyboard.type('Seen before.')
  await page.keyboard.press('Escape')
  const chinese = page.getByLabel(/Description \(中文\)/)
  const values = async () => [await english(page).inputValue(), await chinese.inputValue()]
  await page.keyboard.press('s')
  await expect(page.locator('[role=menu]:focus-within')).toBeVisible()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(english(page)).toBeFocused()
  for (const word of ['left', '12', '左']) {
    await page.keyboard.insertText(word)
    await page.keyboard.press('Tab')
  }
  await expect(chinese).toBeFocused()
  expect(await values()).toEqual(['Seen before. Opacity in the left lung, 12 mm.', '左肺阴影，{大小}毫米。'])
  await expect(page.getByText('“{大小}” is still to be filled in')).toBeVisible()
  await isAccessible(page)
  await page.keyboard.type('12')
  await expect(page.getByText(/is still to be filled in/)).toBeHidden()
  // Where nothing is left, Tab leaves the texts as ever.
  await page.keyboard.press('Tab')
  await expect(chinese).not.toBeFocused()
  await page.keyboard.press('Escape')
  for (let step = 0; step < 4; step += 1) await page.keyboard.press('Control+z')
  expect(await values()).toEqual(['Seen before. Opacity in the {side} lung, {size} mm.', '{侧}肺阴影，{大小}毫米。'])
  await page.keyboard.press('Control+z')
  await expect.poll(values).toEqual(['Seen before.', ''])
})

// COCO of three pictures, the last with a name that no concept has.
function dataSet(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'medreg-set-')), 'set')
  mkdirSync(join(folder, 'pictures'), { recursive: true })
  const numbers = [1, 2, 3]
  for (const n of numbers) writeFileSync(join(folder, 'pictures', `${n}.png`), noise(100 + n))
  const images = numbers.map((id) => ({ id, file_name: `${id}.png`, width: SIDE, height: SIDE }))
  const annotations = numbers.map((id) => ({ id, image_id: id, category_id: id === 3 ? 2 : 1, bbox: [4, 5, 20, 30] }))
  const categories = ['cyst', 'abscess'].map((name, at) => ({ id: at + 1, name }))
  writeFileSync(join(folder, 'instances.json'), JSON.stringify({ images, annotations, categories }))
  return folder
}

test('a data set comes in from the page: sent once, checked, told what would be left out, taken over', async ({ page }) => {
  const made = await admin.call('POST', '/api/projects', { name: 'Sets', synthetic: true, shares: { val: 0, test: 0 }, blind_share: 0 })
  await admin.call('PUT', `/api/projects/${made.id}/concepts`, { concepts: [{ key: 'cyst', kind: 'lesion', names: { en: 'cyst', zh: '囊肿' } }] })
  const folder = dataSet()
  const sent: string[] = []
  page.on('request', (request) => request.method() === 'PUT' && sent.push(request.url()))
  await signInTo(page, server.url, server.adminReader, 'Sets')
  await page.getByRole('link', { name: 'Images in' }).click()
  await page.getByRole('link', { name: 'A data set' }).click()
  await page.getByRole('combobox', { name: 'Layout' }).fill('coco')
  await page.getByRole('option', { name: 'COCO' }).click()
  await page.getByRole('button', { name: 'Choose its files' }).click()
  const choose = page.locator('input[webkitdirectory]')
  await choose.setInputFiles(folder)
  await expect(page.getByText('4 files are here')).toBeVisible()
  expect(sent.length).toBe(4)
  // Whoever comes back need not send it again.
  await page.reload()
  await expect(page.getByText('4 files are here')).toBeVisible()
  const asked = page.waitForResponse((answer) => answer.url().includes('/files'))
  await choose.setInputFiles(folder)
  await asked
  await page.getByRole('combobox', { name: 'Folder of the images' }).fill('pictures')
  await page.getByLabel('no patient data is burned').check()
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  const told = page.getByRole('table', { name: 'What cannot be taken over' })
  await expect(told.getByRole('row')).toHaveCount(2)
  await expect(told).toContainText('no concept `abscess`')
  expect(sent.length).toBe(4)
  const take = page.getByRole('button', { name: 'Take it over' })
  await expect(take).toBeDisabled()
  await isAccessible(page)
  await page.getByLabel('Leave these out (1)').check()
  await take.click()
  await page.getByRole('link', { name: 'To the worklist' }).click()
  await expect(page.getByRole('row')).toHaveCount(3)
  rmSync(join(folder, '..'), { recursive: true })
})
