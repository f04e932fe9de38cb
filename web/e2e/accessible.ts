import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

// Nothing on the page keeps somebody out who does not see it or has no mouse, as far as a program can tell.
export async function isAccessible(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
  expect(serious.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([])
}
