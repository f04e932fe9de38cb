import { expect, it } from 'vitest'
import { ApiError, type Annotation, type Content } from '../api/client'
import { caseKey, hold, Outbox, unsentOf, type Entry, type Journal, type Saving } from './outbox'

const journal = (): Journal & { entries: Map<string, Entry> } => {
  const entries = new Map<string, Entry>()
  return {
    entries,
    get: async (key) => entries.get(key),
    set: async (key, entry) => void entries.set(key, entry),
    delete: async (key) => void entries.delete(key),
  }
}
const content = (n: number): Content => ({ regions: [], rejected: [`s${n}`] })
const saved = (revision: number, says = content(0)) => ({ revision, content: says }) as Annotation
const entry = (basedOn: number, says: Content, at = 0): Entry => ({ basedOn, content: says, project: 'p', at })

it('sends the latest content on top of the last revision, and only then forgets it', async () => {
  const kept = journal()
  const sent: [number, Content][] = []
  const box = new Outbox('k', 'p', 4, async (basedOn, c) => (sent.push([basedOn, c]), saved(basedOn + 1)), () => undefined, kept)
  await box.put(content(1))
  await box.put(content(2))
  expect(kept.entries.get('k')?.content).toEqual(content(2))
  expect(await box.flush()).toBe(true)
  expect(sent).toEqual([[4, content(2)]])
  expect(kept.entries.size).toBe(0)
  expect(box.latestRevision).toBe(5)
})

it('keeps everything while the network is away, and offers it after a reload', async () => {
  const kept = journal()
  const told: Saving[] = []
  const box = new Outbox('k', 'p', 2, async () => Promise.reject(new TypeError('Failed to fetch')), (s) => told.push(s), kept)
  await box.put(content(1))
  expect(await box.flush()).toBe(false)
  box.close()
  expect(told.at(-1)?.kind).toBe('offline')
  const again = new Outbox('k', 'p', 2, async (basedOn) => saved(basedOn + 1), () => undefined, kept)
  expect(await again.left(content(0))).toEqual({ content: content(1), stale: false })
})

it('tells of a conflict with the other version, and goes on from it', async () => {
  const theirs = saved(9)
  const told: Saving[] = []
  let tries = 0
  const save = async (basedOn: number) => {
    tries += 1
    if (tries === 1) throw new ApiError(409, 'stale_revision', 'stale', { current: theirs })
    return saved(basedOn + 1)
  }
  const box = new Outbox('k', 'p', 3, save, (s) => told.push(s), journal())
  await box.put(content(1))
  expect(await box.flush()).toBe(false)
  expect(told.at(-1)).toEqual({ kind: 'conflict', theirs })
  await box.resolve(theirs, content(1))
  expect(await box.flush()).toBe(true)
  expect(box.latestRevision).toBe(10)
})

it('keeps what could not be sent when the server went on meanwhile, and says that it is stale', async () => {
  const kept = journal()
  kept.entries.set('k', entry(2, content(1)))
  const box = new Outbox('k', 'p', 3, async (basedOn) => saved(basedOn + 1), () => undefined, kept)
  expect(await box.left(content(9))).toEqual({ content: content(1), stale: true })
  expect(kept.entries.size).toBe(1)
})

it('has nothing left where only the answer to a save was lost', async () => {
  const kept = journal()
  const region = { id: 'r', bbox: [1, 2, 3, 4], texts: { en: 'a', zh: '' } }
  kept.entries.set('k', entry(2, { regions: [region], rejected: [] } as unknown as Content))
  const box = new Outbox('k', 'p', 3, async (basedOn) => saved(basedOn + 1), () => undefined, kept)
  const stored = { regions: [{ ...region, frame: 0, concept: null, presence: 'present', texts: { en: 'a' } }] } as unknown as Content
  expect(await box.left(stored)).toBeNull()
  expect(kept.entries.size).toBe(0)
})

it('takes a stale refusal for what the server says already as saved', async () => {
  const told: Saving[] = []
  const save = async () => Promise.reject(new ApiError(409, 'stale_revision', 'stale', { current: saved(7, content(1)) }))
  const box = new Outbox('k', 'p', 3, save, (s) => told.push(s), journal())
  await box.put(content(1))
  expect(await box.flush()).toBe(true)
  expect(told.at(-1)?.kind).toBe('saved')
  expect(box.latestRevision).toBe(7)
})

it('tries again where only the session is another one', async () => {
  const told: Saving[] = []
  const box = new Outbox('k', 'p', 3, async () => Promise.reject(new ApiError(403, 'wrong_csrf_token', 'no')), (s) => told.push(s), journal())
  await box.put(content(1))
  expect(await box.flush()).toBe(false)
  box.close()
  expect(told.at(-1)?.kind).toBe('offline')
})

it('leaves a case that is opened again to the new visit', async () => {
  const kept = journal()
  const sent: Content[] = []
  let reachable = false
  const save = async (basedOn: number, c: Content) => {
    if (!reachable) throw new TypeError('Failed to fetch')
    sent.push(c)
    return saved(basedOn + 1, c)
  }
  const before = new Outbox('k', 'p', 2, save, () => undefined, kept)
  hold(before)
  await before.put(content(1))
  await before.flush()
  const after = new Outbox('k', 'p', 2, save, () => undefined, kept)
  hold(after)
  reachable = true
  await after.put(content(2))
  expect(await before.flush()).toBe(false)
  expect(kept.entries.get('k')?.content).toEqual(content(2))
  expect(await after.flush()).toBe(true)
  expect(sent).toEqual([content(2)])
})

it('finds what a reader left unsent, and not what is on its way or another reader wrote', () => {
  const all = [
    [caseKey('old', 'anna'), entry(1, content(1), 1000)],
    [caseKey('young', 'anna'), entry(1, content(1), 60_000)],
    [caseKey('old', 'bo'), entry(1, content(1), 1000)],
  ] as const
  expect(unsentOf(all, 'anna', 61_000)).toEqual([{ image: 'old', project: 'p' }])
})

it('keeps what cannot be sent while somebody else has the case, and sends it once it can', async () => {
  const kept = journal()
  const told: Saving[] = []
  let theirs = true
  const save = async (basedOn: number, c: Content) => {
    if (theirs) throw new ApiError(409, 'leased', 'bo is reading this case')
    return saved(basedOn + 1, c)
  }
  const box = new Outbox('k', 'p', 0, save, (s) => told.push(s), kept)
  await box.put(content(1))
  expect(await box.flush()).toBe(false)
  expect(told.at(-1)?.kind).toBe('held')
  expect(kept.entries.get('k')?.content).toEqual(content(1))
  theirs = false
  expect(await box.flush()).toBe(true)
  expect(kept.entries.size).toBe(0)
})
