// What a reader does on the reading page, for journeys of all kinds.
import { expect, type Locator, type Page } from '@playwright/test'
import type { Reader } from './server'

// With a project's name, on to that project.
export async function signInTo(page: Page, url: string, reader: Reader, project?: string) {
  await page.goto(url)
  await page.getByLabel('User name').fill(reader.username)
  await page.locator('input[autocomplete=current-password]').fill(reader.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible()
  if (project === undefined) return
  await page.getByRole('link', { name: project }).click()
  await expect(page.getByRole('link', { name: 'Next case' })).toBeVisible()
}

export interface Found {
  id: string
  suggestions: { id: string }[]
}
export async function nextCase(page: Page): Promise<Found> {
  const answer = page.waitForResponse((r) => r.url().endsWith('/cases/next') && r.status() === 200)
  await page.getByRole('link', { name: 'Next case' }).click()
  const found = (await (await answer).json()) as { image: { id: string }; suggestions: { id: string }[] }
  await expect(page.getByTestId('viewport')).toHaveAttribute('data-zoom', /\d/)
  return { id: found.image.id, suggestions: found.suggestions }
}

// Until a frame of an image is on the screen.
export const isShown = (page: Page, image: string, frame: number, pane = 'viewport') =>
  expect(page.getByTestId(pane).getByTestId('pixels')).toHaveAttribute('data-shown', `${image}/${frame}`)

// Image pixels to the screen, by the mapping that the page itself draws with.
export async function onScreen(viewport: Locator, x: number, y: number) {
  const edge = await viewport.boundingBox()
  const number = async (name: string) => Number(await viewport.getAttribute(name))
  const zoom = await number('data-zoom')
  return { x: (edge?.x ?? 0) + (await number('data-x')) + x * zoom, y: (edge?.y ?? 0) + (await number('data-y')) + y * zoom }
}

export async function draw(page: Page, [x0, y0, x1, y1]: [number, number, number, number]) {
  const viewport = page.getByTestId('viewport')
  const from = await onScreen(viewport, x0, y0)
  const to = await onScreen(viewport, x1, y1)
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2)
  await page.mouse.move(to.x, to.y)
  await page.mouse.up()
}

// Does what makes something to save, and waits until the server has it: "saved" is also what a page says before.
export async function saved(page: Page, act: () => Promise<unknown>) {
  const put = page.waitForResponse((r) => r.request().method() === 'PUT' && r.url().endsWith('/annotation') && r.ok())
  await act()
  await put
  await expect(page.getByTestId('saving')).toHaveAttribute('data-saving', 'saved')
}

export async function submitted(page: Page, act: () => Promise<unknown>) {
  const answer = page.waitForResponse((r) => r.url().endsWith('/annotation/submit'))
  await act()
  expect((await answer).status()).toBe(200)
}

// The four numbers that the panel shows of the chosen box.
export async function numbers(page: Page): Promise<number[]> {
  return Promise.all(['x0', 'y0', 'x1', 'y1'].map(async (name) => Number(await page.getByLabel(name, { exact: true }).inputValue())))
}

export async function clickAt(page: Page, x: number, y: number) {
  const point = await onScreen(page.getByTestId('viewport'), x, y)
  await page.mouse.click(point.x, point.y)
}
