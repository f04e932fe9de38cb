import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { decode } from 'fast-png'
import { isAccessible } from './accessible'
import { dicom, form, samples, slice } from './dicom'
import { draw, isShown, numbers, onScreen, saved, signInTo } from './reading'
import { Client, picture, Server, type Reader } from './server'
import { slide } from './slide'

const anna: Reader = { username: 'anna', password: 'anna reads at night' }
let server: Server
let admin: Client
let project: string
let [ct, above, loop, photo] = ['', '', '', '']

test.beforeAll(async () => {
  server = await Server.start()
  admin = await server.admin()
  project = (await admin.call('POST', '/api/projects', { name: 'Slices', shares: { val: 0, test: 0 } })).id
  const user = await admin.call('POST', '/api/users', { ...anna, display_name: 'anna' })
  await admin.call('PUT', `/api/projects/${project}/members/${user.id}`, { role: 'annotator' })
  const sent = async (file: Uint8Array, name: string, fields: Record<string, string>) =>
    (await admin.call('POST', `/api/projects/${project}/images`, form(file, name, fields))).id as string
  ct = await sent(dicom('CT_small'), 'ct.dcm', { patient: 'p1', study: 'now' })
  above = await sent(slice(5), 'above.dcm', { patient: 'p1', study: 'now' })
  photo = await sent(picture(1), 'photo.png', { patient: 'p1', study: 'before', modality: 'xray' })
  loop = await sent(dicom('emri_small'), 'loop.dcm', { patient: 'p2' })
})
test.afterAll(async () => server.stop())

async function open(page: Page, image: string) {
  await page.goto(`${server.url}/projects/${project}/read/${image}`)
  await isShown(page, image, 0)
}

test('frames are gone through, and a box stays on the one it was drawn on', async ({ page }) => {
  await signInTo(page, server.url, anna)
  await open(page, loop)
  const viewport = page.getByTestId('viewport')
  await expect(page.getByTestId('frame')).toHaveText('1 / 10')
  await page.keyboard.press('PageDown')
  await isShown(page, loop, 1)
  await viewport.hover()
  await page.mouse.wheel(0, 100)
  await isShown(page, loop, 2)
  await saved(page, () => draw(page, [20, 20, 40, 44]))
  await expect(viewport.getByTestId('region-box')).toHaveCount(1)
  await page.getByRole('slider', { name: 'Frame' }).fill('7')
  await isShown(page, loop, 7)
  await expect(viewport.getByTestId('region-box')).toHaveCount(0)
  await expect(page.getByTestId('frame-mark')).toHaveCount(1)
  const { content } = await (await server.signIn(anna)).call('GET', `/api/images/${loop}/annotation`)
  expect(content.regions.map((region: { frame: number }) => region.frame)).toEqual([2])

  await page.reload()
  await isShown(page, loop, 0)
  await page.getByTestId('region').first().click()
  await isShown(page, loop, 2)
  await expect(viewport.getByTestId('region-box')).toHaveCount(1)
})

// PS3.3 C.11.2.1.2.1, the standard's own pseudo-code with y from 0 to 255.
function linear(x: number, center: number, width: number): number {
  if (x <= center - 0.5 - (width - 1) / 2) return 0
  if (x > center - 0.5 + (width - 1) / 2) return 255
  return ((x - (center - 0.5)) / (width - 1) + 0.5) * 255
}

// The largest difference between what is on the screen and the formula, over all pixels of the CT's 128 × 128.
async function off(page: Page, expected: (hounsfield: number) => number): Promise<number> {
  const viewport = page.getByTestId('viewport')
  const corner = await onScreen(viewport, 0, 0)
  const zoom = Number(await viewport.getAttribute('data-zoom'))
  const shot = decode(await page.screenshot())
  const stored = samples(dicom('CT_small'))
  let worst = 0
  for (let y = 0; y < 128; y += 1) {
    for (let x = 0; x < 128; x += 1) {
      const at = Math.floor(corner.y + (y + 0.5) * zoom) * shot.width + Math.floor(corner.x + (x + 0.5) * zoom)
      const value = stored.getInt16((y * 128 + x) * 2, true) - 1024
      worst = Math.max(worst, Math.abs(Number(shot.data[at * shot.channels]) - expected(value)))
    }
  }
  return worst
}

async function followsTheFormula(page: Page) {
  await signInTo(page, server.url, anna)
  await open(page, ct)
  await page.addStyleTag({ content: '[data-testid=viewport] > :not(canvas) { visibility: hidden }' })
  const windows: [string, string, number, number][] = [['3', 'lung', -600, 1500], ['4', 'bone', 400, 1800], ['6', 'brain', 40, 80], ['7', 'mediastinum', 50, 350]]
  for (const [key, name, center, width] of windows) {
    await page.keyboard.press(key)
    await expect(page.getByLabel('Window', { exact: true })).toHaveValue(name)
    expect(await off(page, (value) => linear(value, center, width)), name).toBeLessThanOrEqual(1)
  }
  await page.keyboard.press('i')
  expect(await off(page, (value) => 255 - linear(value, 50, 350)), 'inverted').toBeLessThanOrEqual(1)
  await page.keyboard.press('0')
  await expect(page.getByTestId('viewport')).toHaveAttribute('data-zoom', '1')
  expect(await off(page, (value) => 255 - linear(value, 50, 350)), 'one to one').toBeLessThanOrEqual(1)
}

// Whether this machine has a GPU must not matter here: a browser imitates one and says that it has it, or is refused any.
const withGpu = (page: Page, there: boolean) =>
  page.addInitScript((there) => {
    const plain = HTMLCanvasElement.prototype.getContext as (kind: string, asked?: object) => unknown
    Object.assign(HTMLCanvasElement.prototype, {
      getContext(this: HTMLCanvasElement, kind: string, asked?: object) {
        return kind === 'webgl2' && !there ? null : plain.call(this, kind, { ...asked, failIfMajorPerformanceCaveat: false })
      },
    })
    const told = WebGL2RenderingContext.prototype.getParameter
    const renderer = 0x9246
    Object.assign(WebGL2RenderingContext.prototype, {
      getParameter(this: WebGL2RenderingContext, name: number): unknown {
        return name === renderer ? 'a GPU' : told.call(this, name)
      },
    })
  }, there)

test('every pixel on the screen is what the DICOM formula says, drawn by WebGL', async ({ page }) => {
  await withGpu(page, true)
  await followsTheFormula(page)
  await expect(page.getByTestId('pixels')).toHaveAttribute('data-painter', 'webgl2')
})

test('every pixel on the screen is what the DICOM formula says, drawn by the processor', async ({ page }) => {
  await withGpu(page, false)
  await followsTheFormula(page)
  await expect(page.getByTestId('pixels')).toHaveAttribute('data-painter', '2d')
})

test('lengths are in mm where the file knows its pixels, else in pixels; another image stands beside', async ({ page }) => {
  await signInTo(page, server.url, anna)
  await open(page, ct)
  const measured = page.getByTestId('measured')
  await expect(page.getByTestId('edges')).toHaveText(/R.*L.*A.*P/s)
  await page.keyboard.press('m')
  await draw(page, [20, 30, 80, 30])
  // 60 pixels of 0.661468 mm.
  await expect(measured).toHaveText(/^39\.[678] mm$/)
  await expect(page.getByTestId('fidelity')).toHaveText(/original resolution/)
  await page.keyboard.press('PageDown')
  await isShown(page, above, 0)
  await expect(page.getByRole('status').filter({ hasText: 'not part of this case' })).toBeVisible()
  await draw(page, [20, 30, 80, 60])
  await page.keyboard.press('m')
  await draw(page, [20, 30, 80, 60])
  await expect(page.getByTestId('region')).toHaveCount(0)
  await page.keyboard.press('PageUp')
  await isShown(page, ct, 0)
  await page.getByRole('button', { name: 'Compare' }).click()
  await isShown(page, photo, 0, 'beside')
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([])

  await open(page, photo)
  await page.keyboard.press('m')
  for (const [x, y] of [[100, 100], [100, 160]] as const) {
    const { x: across, y: down } = await onScreen(page.getByTestId('viewport'), x, y)
    await page.mouse.click(across, down)
  }
  await expect(measured).toHaveText(/^(59\.[6-9]|60\.[0-4]) pixels \(size of a pixel unknown\)$/)
  await expect(page.getByTestId('edges')).toHaveCount(0)
  for (let times = 0; times < 4; times += 1) await page.keyboard.press('-')
  await expect(page.getByTestId('fidelity')).toHaveText(/down-sampled/)
})

test('a slide is read from afar and at its finest, and a box on it comes back where it was drawn', async ({ page }) => {
  const even = (x: number, y: number) => ((x >> 6) + (y >> 6)) % 2 === 0
  const file = slide(3072, 2048, 0.25, (x, y) => (even(x, y) ? [210, 120 + (y >> 5), 200] : [120, 60, 60 + (x >> 5)]))
  const image = (await admin.call('POST', `/api/projects/${project}/images`, form(file, 'slide.tif', { patient: 'p3' }))).id
  await signInTo(page, server.url, anna)
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  const finest = () => asked.filter((path) => path.startsWith(`/api/images/${image}/tiles/0/`))
  await page.goto(`${server.url}/projects/${project}/read/${image}`)
  const [viewport, tiles] = [page.getByTestId('viewport'), page.getByTestId('tiles')]
  await expect(tiles).toHaveAttribute('data-shown', `${image}/0`)
  await expect(page.getByTestId('fidelity')).toHaveText(/down-sampled/)
  await expect(page.getByTestId('scale')).toHaveText(/µm/)
  expect(asked).not.toContain(`/api/images/${image}/pixels`)
  expect(finest()).toEqual([])

  await page.getByRole('button', { name: 'One image pixel on one screen pixel' }).click()
  await expect(tiles).toHaveAttribute('data-level', '0')
  await expect(page.getByTestId('fidelity')).toHaveText(/original resolution/)
  // What can be seen and little more: the whole slide has 96.
  expect(finest().length).toBeGreaterThan(4)
  expect(finest().length).toBeLessThan(60)

  // A pixel of the screen is the slide's own there.
  const there = await onScreen(viewport, 1536 + 40, 1024 + 40)
  const seen = await tiles.locator('canvas').first().evaluate((canvas: HTMLCanvasElement, { x, y }) => {
    const edge = canvas.getBoundingClientRect()
    return [...(canvas.getContext('2d')?.getImageData(Math.round(x - edge.x), Math.round(y - edge.y), 1, 1).data ?? [])]
  }, there)
  expect(seen).toEqual([210, 120 + (1064 >> 5), 200, 255])

  const box = [1500, 1000, 1700, 1100] as const
  await saved(page, () => draw(page, [...box]))
  const drawn = await numbers(page)
  drawn.forEach((edge, index) => expect(Math.abs(edge - (box[index] ?? 0))).toBeLessThanOrEqual(1))
  await page.reload()
  await page.getByTestId('region').click()
  expect(await numbers(page)).toEqual(drawn)
})

test('what was done to a header is told where somebody vouches for its image; a lead decides what headers keep', async ({ page }) => {
  const headers = (await admin.call('POST', '/api/projects', { name: 'Headers' })).id as string
  const send = (millimetres: number) => admin.call('POST', `/api/projects/${headers}/images`, form(slice(millimetres), 'ct.dcm', { attested: 'false' }))
  await send(7)
  await signInTo(page, server.url, server.adminReader, 'Headers')
  const dates = page.getByLabel('Dates')
  await dates.selectOption('shifted')
  await page.getByLabel(/Keep the patient's characteristics/).check()
  await expect(async () => expect(await admin.call('GET', `/api/projects/${headers}`)).toMatchObject({ keep_dates: 'shifted', keep_characteristics: true })).toPass()
  await expect(dates).toHaveValue('shifted')

  await page.getByRole('link', { name: 'Images in' }).click()
  await page.getByText('What was done to its header').click()
  const row = (name: string) => page.getByRole('row', { name })
  await expect(row('(0010,0010) PatientName')).toContainText('replaced')
  await expect(row('(0008,0020) StudyDate')).toContainText('emptied')
  await expect(row('(0028,0010) Rows')).toContainText('kept')
  await isAccessible(page)
  const { images } = await admin.call('GET', `/api/projects/${headers}/images`)
  const before = await admin.call('GET', `/api/images/${images[0].id}/deidentification`)
  const after = await admin.call('GET', `/api/images/${(await send(8)).id}/deidentification`)
  expect(before.counts.shifted).toBe(0)
  expect(after.counts.shifted).toBeGreaterThan(2)
})
