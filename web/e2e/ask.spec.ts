import { expect, test } from '@playwright/test'
import { isAccessible } from './accessible'
import { draw, nextCase, signInTo } from './reading'
import { Client, picture, Server } from './server'

let server: Server
let admin: Client

test.beforeAll(async () => {
  server = await Server.start()
  admin = await server.admin()
  const { id } = await admin.call('POST', '/api/projects', { name: 'Questions', synthetic: true, shares: { val: 0, test: 0 }, blind_share: 0 })
  const form = new FormData()
  form.set('file', new Blob([picture(0) as BlobPart]), 'chest.png')
  form.set('attested', 'true')
  form.set('modality', 'xray')
  await admin.call('POST', `/api/projects/${id}/images`, form)
})
test.afterAll(async () => server.stop())

test('a reader asks about a region where no model is promoted, and is told', async ({ page }) => {
  await signInTo(page, server.url, server.adminReader, 'Questions')
  await nextCase(page)
  await draw(page, [68, 74, 231, 388])
  await page.getByRole('tab', { name: 'Ask' }).click()
  await expect(page.getByLabel('About region 1 only')).toBeChecked()
  await isAccessible(page)
  await page.getByRole('textbox', { name: 'Question to the model' }).fill('What is this?')
  await page.keyboard.press('Enter')
  await expect(page.getByText(/no model of this project is promoted/)).toBeVisible()
  await isAccessible(page)
})
