// What the form of a run asks for. Limits and defaults are those of the server's own description, read from there and written nowhere else.
import type { RunConfig } from '../api/client'

// What a number may be.
export interface Rule {
  low: number
  high: number
  // Whether the lowest, or the highest, itself is refused.
  above: boolean
  below: boolean
  whole: boolean
}
export interface RunSettings {
  defaults: RunConfig
  // The adapters that are proposed to who wants some.
  adapters: Adapters
  // By the setting's path: `steps`, `tuning.rank`.
  rules: Readonly<Record<string, Rule>>
}
type Tuning = RunConfig['tuning']
type Adapters = Extract<Tuning, { kind: 'lora' }>
// Settings as they are typed, by path.
export type Draft = Readonly<Record<string, string>>

// The few that matter are asked for first; all others are grouped by what they are about.
export const FIRST = ['steps', 'learning_rate', 'batch_images'] as const
export const FIRST_OF_ADAPTERS = ['tuning.rank', 'tuning.alpha'] as const
export const GROUPS = {
  course: ['schedule', 'warmup', 'weight_decay', 'clip_norm', 'ema'],
  data: ['accumulate', 'recompute', 'precision', 'moments', 'turns_per_image', 'views', 'seed'],
  keeping: ['log_every', 'checkpoint_every', 'keep_checkpoints'],
} as const
export const MORE_OF_ADAPTERS = ['tuning.dropout', 'tuning.targets'] as const
// Settings that are one of a few words.
export const CHOICES: Readonly<Record<string, readonly string[]>> = {
  schedule: ['cosine', 'linear', 'constant'],
  precision: ['full', 'mixed'],
  moments: ['full', 'eight_bits'],
} satisfies { schedule: RunConfig['schedule'][]; precision: RunConfig['precision'][]; moments: RunConfig['moments'][] }
type Asked = (typeof FIRST)[number] | (typeof GROUPS)[keyof typeof GROUPS][number] | 'tuning'
// A setting that the server has and the form lacks makes this line wrong.
const complete: Exclude<keyof RunConfig, Asked> extends never ? true : never = true
void complete

type Described = { type?: string | string[]; default?: unknown; minimum?: number; maximum?: number; exclusiveMinimum?: number; exclusiveMaximum?: number }
interface ObjectSchema {
  properties?: Record<string, Described>
}
interface Document {
  components: { schemas: { RunConfig: ObjectSchema; Tuning: { oneOf: ObjectSchema[] } } }
}

function ruleOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Described): Rule | null {
  if (!['integer', 'number'].some((kind) => type === kind || type?.includes(kind))) return null
  return {
    low: exclusiveMinimum ?? minimum ?? -Infinity,
    high: exclusiveMaximum ?? maximum ?? Infinity,
    above: exclusiveMinimum !== undefined,
    below: exclusiveMaximum !== undefined,
    whole: type === 'integer' || (type?.includes('integer') ?? false),
  }
}
const defaultsOf = (properties: Record<string, Described>) =>
  Object.fromEntries(Object.entries(properties).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])))

// Reads the server's OpenAPI document.
export function settingsOf(document: unknown): RunSettings {
  const { RunConfig: config, Tuning: tuning } = (document as Document).components.schemas
  const plain = config.properties ?? {}
  const adapters = tuning.oneOf.find(({ properties }) => properties?.['rank'])?.properties ?? {}
  const named = [...Object.entries(plain), ...Object.entries(adapters).map(([name, about]) => [`tuning.${name}`, about] as const)]
  return {
    defaults: defaultsOf(plain) as RunConfig,
    adapters: { ...(defaultsOf(adapters) as Adapters), kind: 'lora' },
    rules: Object.fromEntries(named.flatMap(([name, about]) => { const rule = ruleOf(about); return rule ? [[name, rule]] : [] })),
  }
}

// A run's settings as they stand in the form; adapters are proposed where it has none.
export function draftOf({ tuning, ...plain }: RunConfig, adapters: Adapters | null): Draft {
  const lora = tuning.kind === 'lora' ? { ...adapters, ...tuning } : adapters
  const ofAdapters = Object.entries(lora ?? {}).flatMap(([name, value]) => (name === 'kind' ? [] : [[`tuning.${name}`, value] as const]))
  const all = [...Object.entries(plain), ['tuning.kind', tuning.kind] as const, ...ofAdapters]
  return Object.fromEntries(all.map(([name, value]) => [name, Array.isArray(value) ? value.join('\n') : String(value)]))
}

const linesOf = (text: string) => text.split(/[\s,]+/).filter((line) => line !== '')

// What a field may be, where what is typed is not that.
export function faultOf(field: string, text: string, { rules }: RunSettings): Rule | null {
  const rule = rules[field]
  if (!rule) return null
  const value = text.trim() === '' ? NaN : Number(text)
  const { low, high, above, below, whole } = rule
  const fits = (above ? value > low : value >= low) && (below ? value < high : value <= high) && (!whole || Number.isSafeInteger(value))
  return fits ? null : rule
}

// The same for people of every language: 0 < n ≤ 1024.
export function rangeOf({ low, high, above, below }: Rule): string {
  const from = low === -Infinity ? '' : `${low} ${above ? '<' : '≤'} `
  const to = high === Infinity ? '' : ` ${below ? '<' : '≤'} ${high}`
  return `${from}n${to}`
}

// All fields that are asked for with this tuning and hold something else than they may, in the order of the form.
export function faultsOf(draft: Draft, settings: RunSettings): string[] {
  const asked = [...FIRST, ...(draft['tuning.kind'] === 'lora' ? [...FIRST_OF_ADAPTERS, ...MORE_OF_ADAPTERS] : []), ...Object.values(GROUPS).flat()]
  return asked.filter((field) => faultOf(field, draft[field] ?? '', settings))
}

// The settings that a draft without faults means.
export function configOf(draft: Draft, { defaults, rules }: RunSettings): RunConfig {
  const typed = (field: string, before: unknown) => {
    const text = draft[field]
    if (text === undefined) return before
    if (rules[field]) return Number(text)
    return typeof before === 'boolean' ? text === 'true' : text
  }
  const plain = Object.fromEntries(Object.entries(defaults).map(([name, before]) => [name, typed(name, before)]))
  return { ...(plain as RunConfig), tuning: tuningOf(draft) }
}
function tuningOf(draft: Draft): Tuning {
  if (draft['tuning.kind'] !== 'lora') return { kind: 'full' }
  const number = (name: string) => Number(draft[`tuning.${name}`])
  return { kind: 'lora', rank: number('rank'), alpha: number('alpha'), dropout: number('dropout'), targets: linesOf(draft['tuning.targets'] ?? '') }
}

// The name of a clone: `base` is followed by `base (2)`, and that by `base (3)`.
export function nameAfter(name: string): string {
  const [, stem = name, number = '1'] = /^(.*) \((\d+)\)$/.exec(name) ?? []
  return `${stem} (${Number(number) + 1})`
}
