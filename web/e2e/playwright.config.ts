import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: '.',
  timeout: 60_000,
  // As long as for an action: a busy machine answers late, and nobody waits longer for what is there.
  expect: { timeout: 10_000 },
  workers: 1,
  reporter: [['line']],
  outputDir: '../test-results',
  use: {
    actionTimeout: 10_000,
    viewport: { width: 1366, height: 768 },
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ],
    },
  },
})
