// How quick the reading page is, on the real server with real images. Times are taken inside the page, from the event that the
// browser saw to the moment after the frame that shows its effect. `./dev bench ui`
import { expect, test, type Page } from '@playwright/test'
import { writeFileSync } from 'node:fs'
import { dicom, form, samples, type Name } from './dicom'
import { isShown, onScreen, signInTo } from './reading'
import { Client, Server, type Reader } from './server'

interface Row {
  metric: string
  ours: number
  reference: number | null
  ratio: number | null
  unit: string
  note: string
}
const anna: Reader = { username: 'anna', password: 'anna reads at night' }
// Half of them are asked for after a look at the one before, half at once.
const CASES = Number(process.env['MEDREG_BENCH_CASES'] ?? 24)
// How long a case is looked at before the next one is asked for, where it is looked at: far less than a reader takes.
const LOOKED_AT_MS = 1500
const IMAGES: { title: string; file: Name; goal: number }[] = [
  { title: 'CT 512 × 512', file: '693_UNCI', goal: 300 },
  { title: 'radiograph 1841 × 1955', file: 'RG1_UNCR', goal: 800 },
]
let server: Server
let admin: Client
const rows: Row[] = []

test.beforeAll(async () => {
  server = await Server.start()
  admin = await server.admin()
  await admin.call('POST', '/api/users', { ...anna, display_name: 'anna' })
})
test.afterAll(async () => {
  await server.stop()
  console.table(rows.map(({ metric, ours, reference, unit, note }) => ({ metric, ours, goal: reference, unit, note })))
  const into = process.env['MEDREG_BENCH_ROWS']
  if (into) writeFileSync(into, JSON.stringify(rows))
})

// A project with as many cases of one real image, each with one other pixel, so that each is an image of its own.
async function projectOf(title: string, file: Name, cases: number): Promise<string> {
  const { id } = await admin.call('POST', '/api/projects', { name: title, shares: { val: 0, test: 0 } })
  const users = await admin.call('GET', '/api/users')
  const user = users.users.find(({ username }: { username: string }) => username === anna.username)
  await admin.call('PUT', `/api/projects/${id}/members/${user.id}`, { role: 'annotator' })
  const bytes = Buffer.from(dicom(file))
  for (let n = 0; n < cases; n += 1) {
    samples(bytes).setUint16(0, n, true)
    await admin.call('POST', `/api/projects/${id}/images`, form(bytes, `${n}.dcm`, { patient: `p${n}`, study: 's' }))
  }
  return id
}

function record(metric: string, times: number[], at: number, goal: number | null, note: string) {
  const sorted = [...times].sort((a, b) => a - b)
  const ours = sorted[Math.min(Math.ceil(sorted.length * at), sorted.length) - 1] ?? NaN
  rows.push({ metric, ours: round(ours), reference: goal, ratio: goal && round(ours / goal, 3), unit: 'ms', note: `${times.length} times, ${note}` })
}
const round = (value: number, places = 1) => Number(value.toFixed(places))

// From the key that submits a case, on which nothing was found, to the frame after the next case's image was painted.
async function nextShown(page: Page): Promise<number> {
  // Listening first: a key may overtake what the page is asked to do.
  await page.evaluate(() => {
    const shown = () => document.querySelector<HTMLElement>('[data-testid=pixels]')?.dataset['shown']
    const before = shown()
    const frame = () => new Promise((done) => requestAnimationFrame(done))
    const measured = async (start: number) => {
      while (!shown() || shown() === before) await frame()
      await frame()
      return performance.now() - start
    }
    const submit = new Promise<number>((done) => window.addEventListener('keydown', (event) => event.key === 'Enter' && !event.ctrlKey && done(event.timeStamp), { capture: true }))
    Object.assign(window, { next: submit.then(measured) })
  })
  await judge(page)
  return page.evaluate(() => (window as unknown as { next: Promise<number> }).next)
}

// Nothing is marked, so the verdict is asked for, and given by the next key.
async function judge(page: Page) {
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('button', { name: 'Nothing found' })).toBeFocused()
  await page.keyboard.press('Enter')
}

async function firstFrames(page: Page, project: string, looked: boolean): Promise<number[]> {
  // Nothing is fetched ahead where the next case is asked for before there was time to.
  if (!looked) await page.route('**/cases/upcoming', (route) => route.fulfill({ status: 204 }))
  await page.goto(`${server.url}/projects/${project}/read`)
  await expect(page.getByTestId('pixels')).toHaveAttribute('data-shown', /./)
  const times: number[] = []
  for (let n = 1; n < CASES / 2; n += 1) {
    if (looked) await page.waitForTimeout(LOOKED_AT_MS)
    times.push(await nextShown(page))
  }
  const next = page.waitForResponse((response) => response.url().endsWith('/cases/next'))
  await judge(page)
  await next
  await page.unroute('**/cases/upcoming')
  return times
}

// The time between frames while the window is dragged, a movement each frame: what the page needs, or the screen's 16.7 ms.
function windowFrames(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const target = document.querySelector('[data-testid=viewport]')
    const frame = () => new Promise<number>((done) => requestAnimationFrame(done))
    const pointer = (type: string, n: number) =>
      target?.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, button: type === 'pointermove' ? -1 : 2, buttons: 2, clientX: 300 + n, clientY: 300 + (n % 50) }))
    // A pointer that no hand holds cannot be captured.
    Element.prototype.setPointerCapture = () => undefined
    pointer('pointerdown', 0)
    const times: number[] = []
    let last = await frame()
    for (let n = 1; n <= 180; n += 1) {
      pointer('pointermove', n)
      const now = await frame()
      if (n > 10) times.push(now - last)
      last = now
    }
    pointer('pointerup', 180)
    return times
  })
}

async function startListening(page: Page) {
  await page.evaluate(() => {
    const delays: number[] = []
    Object.assign(window, { delays })
    const heard = (event: Event) => {
      const channel = new MessageChannel()
      channel.port1.onmessage = () => delays.push(performance.now() - event.timeStamp)
      requestAnimationFrame(() => channel.port2.postMessage(null))
    }
    for (const type of ['pointerdown', 'pointermove', 'pointerup', 'keydown']) window.addEventListener(type, heard, { capture: true })
  })
}

// Two hundred boxes on an image: one is dragged, another drawn, one nudged by the keys.
async function delays(page: Page, project: string): Promise<number[]> {
  const { images } = await admin.call('GET', `/api/projects/${project}/images?limit=1`)
  const image: string = images[0].id
  const reader = await server.signIn(anna)
  await reader.call('POST', `/api/images/${image}/lease`)
  const regions = Array.from({ length: 200 }, (_, n) => {
    const [x, y] = [10 + (n % 20) * 24, 10 + Math.floor(n / 20) * 48]
    return { id: crypto.randomUUID(), bbox: [x, y, x + 18, y + 30], concept: null, texts: { en: `region ${n}` } }
  })
  const { revision } = await reader.call('GET', `/api/images/${image}/annotation`)
  await reader.call('PUT', `/api/images/${image}/annotation`, { based_on: revision, content: { regions } })
  await page.goto(`${server.url}/projects/${project}/read/${image}`)
  await isShown(page, image, 0)
  await expect(page.getByTestId('region-box')).toHaveCount(200)
  await startListening(page)
  const viewport = page.getByTestId('viewport')
  const dragged = async (from: [number, number], to: [number, number]) => {
    const [a, b] = [await onScreen(viewport, ...from), await onScreen(viewport, ...to)]
    await page.mouse.move(a.x, a.y)
    await page.mouse.down()
    for (let n = 1; n <= 40; n += 1) await page.mouse.move(a.x + ((b.x - a.x) * n) / 40, a.y + ((b.y - a.y) * n) / 40)
    await page.mouse.up()
  }
  await dragged([5, 5], [5, 5])
  await dragged([300, 200], [340, 260])
  await dragged([320, 200], [330, 230])
  for (let n = 0; n < 30; n += 1) await page.keyboard.press('ArrowRight')
  return page.evaluate(() => (window as unknown as { delays: number[] }).delays)
}

test('the reading page', async ({ page }) => {
  await signInTo(page, server.url, anna)
  for (const { title, file, goal } of IMAGES) {
    const project = await projectOf(title, file, CASES)
    const ahead = await firstFrames(page, project, true)
    record(`next case to its image, ${title}, median`, ahead, 0.5, null, `after ${LOOKED_AT_MS / 1000} s with the case before`)
    record(`next case to its image, ${title}, p95`, ahead, 0.95, goal, `after ${LOOKED_AT_MS / 1000} s with the case before`)
    const cold = await firstFrames(page, project, false)
    record(`next case to its image, ${title}, nothing fetched ahead, median`, cold, 0.5, null, 'at once')
    record(`next case to its image, ${title}, nothing fetched ahead, p95`, cold, 0.95, goal, 'at once')
    const { images } = await admin.call('GET', `/api/projects/${project}/images?limit=1`)
    await page.goto(`${server.url}/projects/${project}/read/${images[0].id}`)
    await isShown(page, images[0].id, 0)
    const painter = (await page.getByTestId('pixels').getAttribute('data-painter')) ?? ''
    record(`frame while the window is dragged, ${title}, p95`, await windowFrames(page), 0.95, 33, `no GPU: drawn by the processor (${painter})`)
    if (file === '693_UNCI') record('input to frame with 200 boxes, p95', await delays(page, project), 0.95, 100, 'drags, a new box and keys')
  }
})
