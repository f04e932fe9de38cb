// Keeps what the reader writes: at once in this browser's own store, soon after on the server.
import { del, entries, get, set } from 'idb-keyval'
import { ApiError, type Annotation, type Content } from '../api/client'
import { same } from './merge'

export type Saving =
  | { kind: 'saved' }
  | { kind: 'saving' }
  | { kind: 'offline' }
  // Somebody else has the case, or nobody holds it: kept here, and sent as soon as it can be.
  | { kind: 'held'; error: ApiError }
  | { kind: 'refused'; error: ApiError }
  | { kind: 'conflict'; theirs: Annotation }

export interface Journal {
  get(key: string): Promise<Entry | undefined>
  set(key: string, entry: Entry): Promise<void>
  delete(key: string): Promise<void>
}
export interface Entry {
  basedOn: number
  content: Content
  project: string
  at: number
}
export interface Left {
  content: Content
  stale: boolean
}
export const browserJournal: Journal = {
  get: (key) => get<Entry>(key),
  set: (key, entry) => set(key, entry),
  delete: (key) => del(key),
}

// A case whose work only this browser has.
export interface Unsent {
  image: string
  project: string
}
const SAVED_BY_NOW_MS = 5000
export const caseKey = (image: string, reader: string) => `case/${image}/${reader}`

// What a reader's earlier visits left in the journal; what was written just now is on its way.
export function unsentOf(all: readonly (readonly [key: unknown, entry: Entry])[], reader: string, now: number): Unsent[] {
  return all.flatMap(([key, { project, at }]) => {
    const [kind, image = '', by] = String(key).split('/')
    return kind === 'case' && by === reader && now - at > SAVED_BY_NOW_MS ? [{ image, project }] : []
  })
}
export const unsent = async (reader: string) => unsentOf(await entries<string, Entry>(), reader, Date.now())

type Save = (basedOn: number, content: Content) => Promise<Annotation>

const QUIET_MS = 600
const RETRY_MS = 3000
const HELD_MS = 5000
const LEAVE_MS = 2000

// One case's way out. Saves follow each other; only the latest content is sent; nothing leaves the journal before the
// server has it.
export class Outbox {
  private pending: Content | null = null
  private running: Promise<void> | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private closed = false

  constructor(
    readonly key: string,
    private readonly project: string,
    private revision: number,
    private readonly save: Save,
    private readonly tell: (saving: Saving) => void,
    private readonly journal: Journal = browserJournal,
  ) {}

  get latestRevision() {
    return this.revision
  }

  // What an earlier visit could not send, where it says anything else than the server. Stale: the server has gone on from
  // another version since, so the reader must choose; until then the journal keeps it.
  async left(current: Content): Promise<Left | null> {
    const entry = await this.journal.get(this.key)
    if (!entry) return null
    if (same(entry.content, current)) {
      // Only the answer was lost. Kept, it would come back as a conflict after later work on another computer.
      await this.journal.delete(this.key)
      return null
    }
    return { content: entry.content, stale: entry.basedOn !== this.revision }
  }

  async put(content: Content): Promise<void> {
    this.pending = content
    this.tell({ kind: 'saving' })
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.flush(), QUIET_MS)
    await this.keep(content)
  }

  private keep(content: Content): Promise<void> {
    return this.journal.set(this.key, { basedOn: this.revision, content, project: this.project, at: Date.now() })
  }

  // Sends what waits, and waits for it; true where the server has everything.
  async flush(): Promise<boolean> {
    clearTimeout(this.timer)
    while (this.pending !== null) {
      if (this.closed) return false
      this.running ??= this.send().finally(() => {
        this.running = null
      })
      const before = this.pending
      await this.running
      if (this.pending === before) return false
    }
    await this.running
    return true
  }

  // After a conflict: the reader's choice goes on from the other version.
  async resolve(theirs: Annotation, content: Content): Promise<void> {
    this.revision = theirs.revision
    await this.put(content)
  }

  // Another one goes on from the journal: this one sends nothing more, and leaves the journal alone.
  close(): void {
    this.closed = true
    clearTimeout(this.timer)
  }

  private async send(): Promise<void> {
    const content = this.pending
    if (content === null) return
    this.tell({ kind: 'saving' })
    try {
      this.revision = await this.saved(content)
      await this.sent(content)
    } catch (error) {
      this.failed(error)
    }
  }

  // The revision that says so now. One that was refused as stale for what the server says already is no conflict.
  private async saved(content: Content): Promise<number> {
    try {
      return (await this.save(this.revision, content)).revision
    } catch (error) {
      const theirs = otherVersion(error)
      if (theirs && same(theirs.content, content)) return theirs.revision
      throw error
    }
  }

  private async sent(content: Content): Promise<void> {
    if (this.closed) return
    if (this.pending !== content) return this.keep(this.pending ?? content)
    this.pending = null
    await this.journal.delete(this.key)
    this.tell({ kind: 'saved' })
  }

  private failed(error: unknown): void {
    const theirs = otherVersion(error)
    if (theirs) {
      this.tell({ kind: 'conflict', theirs })
    } else if (isHeld(error)) {
      this.tell({ kind: 'held', error })
      if (!this.closed) this.timer = setTimeout(() => void this.flush(), HELD_MS)
    } else if (error instanceof ApiError && error.status < 500 && error.code !== 'wrong_csrf_token') {
      this.tell({ kind: 'refused', error })
    } else {
      this.tell({ kind: 'offline' })
      if (!this.closed) this.timer = setTimeout(() => void this.flush(), RETRY_MS)
    }
  }
}

// Whether a save was refused only because its reader does not hold the case.
export const isHeld = (error: unknown): error is ApiError => error instanceof ApiError && ['leased', 'not_leased'].includes(error.code)

const newest = new Map<string, Outbox>()
// Makes this the one way out of its case; an earlier visit's may still be trying.
export function hold(outbox: Outbox): void {
  const before = newest.get(outbox.key)
  if (before !== outbox) before?.close()
  newest.set(outbox.key, outbox)
}
// What is left is sent before its reader signs out; a server that does not answer is not waited for.
export async function flushAll(): Promise<void> {
  const sent = Promise.all([...newest.values()].map((outbox) => outbox.flush()))
  await Promise.race([sent, new Promise((done) => setTimeout(done, LEAVE_MS))])
}

// The version that a save or a submit was refused for.
export function otherVersion(error: unknown): Annotation | null {
  return error instanceof ApiError && error.code === 'stale_revision' ? (error.details as { current: Annotation }).current : null
}
