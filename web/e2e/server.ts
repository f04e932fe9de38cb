// A real server of its own for a journey: the built program, a fresh data directory, a project with people and images.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from 'fast-png'

export interface Reader {
  username: string
  password: string
}

// Until it is true, or the time is up.
export async function until(condition: () => boolean | Promise<boolean>, what: string, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`)
    await new Promise((wake) => setTimeout(wake, 100))
  }
}

export class Server {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly data: string,
  ) {}

  static async start(): Promise<Server> {
    const program = process.env['MEDREG_BIN']
    if (!program) throw new Error('MEDREG_BIN must name the medreg program: run ./dev test browser')
    const data = mkdtempSync(join(tmpdir(), 'medreg-journey-'))
    // Its own database and folder, whatever the caller's shell speaks of.
    const env = { ...process.env }
    delete env.DATABASE_URL
    delete env.MEDREG_S3_BUCKET
    const child = spawn(program, ['up', '--data', data, '--listen', '127.0.0.1:0', '--no-worker'], { stdio: 'inherit', env })
    const file = join(data, 'url')
    await until(() => existsSync(file) && readFileSync(file, 'utf8') !== '', 'the server')
    return new Server(readFileSync(file, 'utf8'), child, data)
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.process.once('exit', done))
    this.process.kill('SIGINT')
    await ended
    rmSync(this.data, { recursive: true, force: true })
  }

  get adminReader(): Reader {
    const password = /password: (\S+)/.exec(readFileSync(join(this.data, 'credentials'), 'utf8'))?.[1] ?? ''
    return { username: 'admin', password }
  }

  admin(): Promise<Client> {
    return this.signIn(this.adminReader)
  }

  async signIn(reader: Reader): Promise<Client> {
    const response = await fetch(`${this.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(reader),
    })
    if (!response.ok) throw new Error(await response.text())
    const { csrf_token } = (await response.json()) as { csrf_token: string }
    return new Client(this.url, { cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '', 'x-csrf-token': csrf_token })
  }

  withToken(token: string): Client {
    return new Client(this.url, { authorization: `Bearer ${token}` })
  }
}

export class Client {
  constructor(
    private readonly url: string,
    private readonly headers: Record<string, string>,
  ) {}

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers of many routes, looked into by the tests
  async call(method: string, path: string, body?: unknown): Promise<any> {
    const form = body instanceof FormData || body instanceof Uint8Array
    const response = await fetch(this.url + path, {
      method,
      headers: { ...this.headers, ...(form || body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : form ? (body as BodyInit) : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  }
}

// A picture that looks a little like a chest: two dark fields, a bright middle, some noise. Each seed is another patient.
export function picture(seed: number): Uint8Array {
  const [width, height] = [512, 480]
  const data = new Uint8Array(width * height)
  let noise = seed * 7919 + 1
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      noise = (noise * 48271) % 2147483647
      const field = (cx: number) => ((x - cx) / 85) ** 2 + ((y - 230 - seed * 3) / 160) ** 2
      const lung = Math.min(field(150 + seed * 4), field(362 + seed * 4)) < 1
      const body = ((x - 256) / 240) ** 2 + ((y - 250) / 235) ** 2 < 1
      const nodule = (x - 170 - seed * 9) ** 2 + (y - 180) ** 2 < 260
      data[y * width + x] = (body ? (nodule ? 190 : lung ? 55 : 150) : 12) + (noise % 23)
    }
  }
  return encode({ width, height, data, channels: 1, depth: 8 })
}
