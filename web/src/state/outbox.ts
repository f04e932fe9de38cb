// Keeps what the reader writes: at once in this browser's own store, soon after on the server.
import { del, get, set } from 'idb-keyval'
import { ApiError, type Annotation, type Content } from '../api/client'
import { same } from './annotation'

export type Saving =
  | { kind: 'saved' }
  | { kind: 'saving' }
  | { kind: 'offline' }
  | { kind: 'refused'; message: string }
  | { kind: 'conflict'; theirs: Annotation }

export interface Journal {
  get(key: string): Promise<Entry | undefined>
  set(key: string, entry: Entry): Promise<void>
  delete(key: string): Promise<void>
}
export interface Entry {
  basedOn: number
  content: Content
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
type Save = (basedOn: number, content: Content) => Promise<Annotation>

const QUIET_MS = 600
const RETRY_MS = 3000

// One case's way out. Saves follow each other; only the latest content is sent; nothing leaves the journal before the
// server has it.
export class Outbox {
  private pending: Content | null = null
  private running: Promise<void> | null = null
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly key: string,
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
    if (!entry || same(entry.content, current)) return null
    return { content: entry.content, stale: entry.basedOn !== this.revision }
  }

  async put(content: Content): Promise<void> {
    this.pending = content
    this.tell({ kind: 'saving' })
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.flush(), QUIET_MS)
    await this.journal.set(this.key, { basedOn: this.revision, content })
  }

  // Sends what waits, and waits for it; true where the server has everything.
  async flush(): Promise<boolean> {
    clearTimeout(this.timer)
    while (this.pending !== null) {
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

  close(): void {
    clearTimeout(this.timer)
  }

  private async send(): Promise<void> {
    const content = this.pending
    if (content === null) return
    this.tell({ kind: 'saving' })
    try {
      const saved = await this.save(this.revision, content)
      this.revision = saved.revision
      await this.sent(content)
    } catch (error) {
      this.failed(error)
    }
  }

  private async sent(content: Content): Promise<void> {
    if (this.pending !== content) {
      await this.journal.set(this.key, { basedOn: this.revision, content: this.pending ?? content })
      return
    }
    this.pending = null
    await this.journal.delete(this.key)
    this.tell({ kind: 'saved' })
  }

  private failed(error: unknown): void {
    if (error instanceof ApiError && error.code === 'stale_revision') {
      this.tell({ kind: 'conflict', theirs: (error.details as { current: Annotation }).current })
    } else if (error instanceof ApiError && error.status < 500) {
      this.tell({ kind: 'refused', message: error.message })
    } else {
      this.tell({ kind: 'offline' })
      this.timer = setTimeout(() => void this.flush(), RETRY_MS)
    }
  }
}
