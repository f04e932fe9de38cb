// The files of a data set on their way to the server: which are there already, how far the others are, what could not be sent.
import { ApiError, csrfHeader, got, http } from '../api/client'

export interface Chosen {
  path: string
  file: File
}
export interface Sending {
  // Files and bytes that are to be sent, and that were.
  files: number
  bytes: number
  done: number
  sent: number
  // When the first byte went, by performance.now().
  since: number
  failed: Chosen[]
  reason: string
  running: boolean
}

const SIDE_BY_SIDE = 3
const TRIES = 3
// What a system puts into a folder by itself, and what is hidden.
const isOwn = (path: string) => path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX' || part === 'Thumbs.db')

// Files as a browser gives them, by their path below the chosen folder.
export function chosenOf(files: File[]): Chosen[] {
  const named = files.map((file) => ({ file, path: file.webkitRelativePath.split('/').slice(1).join('/') || file.name }))
  return named.filter(({ path }) => !isOwn(path))
}

// Files and folders that were dropped: what is in one folder stands for the data set, as when that folder is chosen.
export async function droppedOf(items: DataTransferItemList): Promise<Chosen[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  const [only] = entries
  const top = entries.length === 1 && only?.isDirectory ? await childrenOf(only as FileSystemDirectoryEntry) : entries
  const found = (await Promise.all(top.map((entry) => walk(entry, '')))).flat()
  return found.filter(({ path }) => !isOwn(path))
}

async function walk(entry: FileSystemEntry, below: string): Promise<Chosen[]> {
  const path = below + entry.name
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed))
    return [{ path, file }]
  }
  const children = await childrenOf(entry as FileSystemDirectoryEntry)
  const found: Chosen[] = []
  for (const child of children) found.push(...(await walk(child, `${path}/`)))
  return found
}

// A browser tells a hundred at a time, until there are none.
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed))
    if (some.length === 0) return all
    all.push(...some)
  }
}

export interface Known {
  path: string
  bytes: number
  modified: number
}
// All files of a data set that the server has.
export async function knownFiles(id: string): Promise<Known[]> {
  const known: Known[] = []
  for (let after: string | undefined; ; ) {
    const page = await got(http.GET('/api/imports/{import}/files', { params: { path: { import: id }, query: { after } } }))
    known.push(...page.files)
    if (!page.next) return known
    after = page.next
  }
}

// What need be sent: a file of the same path, length and time of change is there.
export function unsent(chosen: Chosen[], known: Known[]): Chosen[] {
  const there = new Map(known.map(({ path, bytes, modified }) => [path, `${bytes} ${modified}`]))
  return chosen.filter(({ path, file }) => there.get(path) !== `${file.size} ${file.lastModified}`)
}

// Sends files, some side by side, and tells how far it is. One that fails is tried again, then told, and the others go on.
export async function send(id: string, chosen: Chosen[], signal: AbortSignal, tell: (how: Sending) => void): Promise<Sending> {
  const how: Sending = {
    files: chosen.length, bytes: chosen.reduce((sum, { file }) => sum + file.size, 0), done: 0, sent: 0, since: performance.now(), failed: [], reason: '', running: true,
  }
  const queue = [...chosen]
  const told = (bytes: number) => {
    how.sent += bytes
    tell({ ...how })
  }
  const work = async () => {
    for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) {
      const failure = await patiently(id, next, signal, told)
      if (signal.aborted) return
      how.done += 1
      if (failure) {
        how.failed.push(next)
        how.reason ||= `${next.path}: ${failure.message}`
      }
      told(0)
    }
  }
  tell({ ...how })
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  how.running = false
  tell({ ...how })
  return how
}

async function patiently(id: string, { path, file }: Chosen, signal: AbortSignal, told: (bytes: number) => void): Promise<Error | null> {
  for (let attempt = 1; ; attempt += 1) {
    let sent = 0
    const failure = await put(id, path, file, signal, (bytes) => {
      told(bytes - sent)
      sent = bytes
    })
    if (!failure) return null
    told(-sent)
    // What the server refused it will refuse again.
    const refused = failure instanceof ApiError && failure.status < 500
    if (refused || attempt === TRIES || signal.aborted) return failure
    await new Promise((wake) => setTimeout(wake, 1000 * attempt))
  }
}

// fetch does not tell how far a body is.
function put(id: string, path: string, file: File, signal: AbortSignal, told: (bytes: number) => void): Promise<Error | null> {
  return new Promise((done) => {
    const request = new XMLHttpRequest()
    request.open('PUT', `/api/imports/${id}/files?${new URLSearchParams({ path, modified: String(file.lastModified) })}`)
    for (const [name, value] of Object.entries(csrfHeader())) request.setRequestHeader(name, value)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded }) => told(Math.min(loaded, file.size))
    request.onload = () => {
      if (request.status < 300) told(file.size)
      done(request.status < 300 ? null : refusedBy(request))
    }
    request.onerror = () => done(new Error(path))
    request.onabort = () => done(new Error(path))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}

function refusedBy({ status, responseText, statusText }: XMLHttpRequest): ApiError {
  try {
    const { error } = JSON.parse(responseText) as { error: { code: string; message: string } }
    return new ApiError(status, error.code, error.message)
  } catch {
    return new ApiError(status, 'unknown', statusText)
  }
}
