import { expect, it } from 'vitest'
import type { RunConfig } from '../api/client'
import { configOf, draftOf, faultOf, faultsOf, nameAfter, rangeOf, settingsOf } from './runSettings'

// As the server writes it, with a few of its fields.
const settings = settingsOf({
  components: {
    schemas: {
      RunConfig: {
        properties: {
          tuning: { $ref: '#', default: { kind: 'full' } },
          steps: { type: 'integer', default: 600, minimum: 1, maximum: 1e6 },
          learning_rate: { type: 'number', default: 0.001, minimum: 1e-8, maximum: 1 },
          recompute: { type: 'boolean', default: false },
          schedule: { $ref: '#', default: 'cosine' },
          seed: { type: 'integer', default: 1, minimum: 0 },
        },
      },
      Tuning: {
        oneOf: [
          { properties: { kind: { type: 'string' } } },
          {
            properties: {
              kind: { type: 'string' },
              rank: { type: 'integer', default: 8, minimum: 1, maximum: 256 },
              alpha: { type: 'number', default: 16, exclusiveMinimum: 0, maximum: 1024 },
              dropout: { type: 'number', default: 0, minimum: 0, exclusiveMaximum: 1 },
              targets: { type: 'array', default: ['a', 'b.*'] },
            },
          },
        ],
      },
    },
  },
})
const draft = draftOf(settings.defaults, settings.adapters)

it('proposes what the server proposes, adapters too', () => {
  expect(draft).toEqual({
    steps: '600', learning_rate: '0.001', recompute: 'false', schedule: 'cosine', seed: '1',
    'tuning.kind': 'full', 'tuning.rank': '8', 'tuning.alpha': '16', 'tuning.dropout': '0', 'tuning.targets': 'a\nb.*',
  })
  expect(configOf(draft, settings)).toEqual(settings.defaults)
  const lora = { ...draft, 'tuning.kind': 'lora', 'tuning.targets': 'q_proj, k_proj\n', recompute: 'true', learning_rate: '5e-4' }
  expect(configOf(lora, settings)).toMatchObject({
    recompute: true, learning_rate: 0.0005, tuning: { kind: 'lora', rank: 8, alpha: 16, dropout: 0, targets: ['q_proj', 'k_proj'] },
  })
  const stored = { ...settings.defaults, tuning: { kind: 'lora', rank: 4, alpha: 8 } } as RunConfig
  expect(draftOf(stored, settings.adapters)).toMatchObject({ 'tuning.rank': '4', 'tuning.dropout': '0', 'tuning.targets': 'a\nb.*' })
})

it('refuses while typing what the server would refuse', () => {
  const fault = (field: string, text: string) => { const rule = faultOf(field, text, settings); return rule && rangeOf(rule) }
  for (const [field, text] of [['steps', '1'], ['steps', '1e6'], ['learning_rate', '1e-8'], ['tuning.alpha', '1024'], ['tuning.dropout', '0.99'], ['seed', '0']] as const) {
    expect(fault(field, text)).toBeNull()
  }
  for (const text of ['0', '', ' ', '1.5', 'ten', '1000001', 'NaN']) expect(fault('steps', text)).toBe('1 ≤ n ≤ 1000000')
  expect(fault('tuning.alpha', '0')).toBe('0 < n ≤ 1024')
  expect(fault('tuning.dropout', '1')).toBe('0 ≤ n < 1')
  expect(fault('seed', '-1')).toBe('0 ≤ n')
  expect(fault('schedule', 'anything')).toBeNull()
})

it('asks nothing of adapters that nobody wants', () => {
  const wrong = { ...draft, steps: '0', 'tuning.rank': '0' }
  expect(faultsOf(wrong, settings)).toEqual(['steps'])
  expect(faultsOf({ ...wrong, 'tuning.kind': 'lora' }, settings)).toEqual(['steps', 'tuning.rank'])
})

it('numbers clones', () => {
  expect(['base', 'base (2)', 'base (9)', 'a (b)', '(2)'].map(nameAfter)).toEqual(['base (2)', 'base (3)', 'base (10)', 'a (b) (2)', '(2) (2)'])
})
