// What the server's bilingual checks say of a description while it is written. They only tell: nothing waits for them.
import type { Described, Flag, Mark } from '../api/client'

// What was found, and in which texts: a mark counts the characters of these.
export interface Checked {
  texts: Record<string, string>
  flags: readonly Flag[]
}
export const UNCHECKED: Checked = { texts: {}, flags: [] }

const QUIET_MS = 350

// Asks after a pause, and hears only the answer to the latest question. Without an answer there is nothing to say.
export class Checks {
  private timer: ReturnType<typeof setTimeout> | undefined
  private asked = 0
  private known = ''

  constructor(
    private readonly ask: (described: Described) => Promise<readonly Flag[]>,
    private readonly tell: (checked: Checked) => void,
  ) {}

  put(described: Described): void {
    const said = JSON.stringify(described)
    if (said === this.known) return
    this.known = said
    this.asked += 1
    clearTimeout(this.timer)
    const number = this.asked
    this.timer = setTimeout(() => void this.hear(number, described), QUIET_MS)
  }

  close(): void {
    clearTimeout(this.timer)
    this.asked += 1
    this.known = ''
  }

  private async hear(number: number, described: Described): Promise<void> {
    const { texts } = described
    const wordless = Object.values(texts).every((text) => text.trim() === '')
    const flags = wordless ? [] : await this.ask(described).catch(() => [])
    if (number === this.asked) this.tell({ texts, flags })
  }
}

// A flag as one of the two texts sees it.
export interface Seen {
  flag: Flag
  mark: Mark
  words: Record<string, string>
}

export function seenFrom(checked: Checked, lang: string): Seen[] {
  return checked.flags.flatMap((flag): Seen[] => {
    if (flag.lang === lang) return [{ flag, mark: flag, words: flag.arguments }]
    if (flag.against?.lang !== lang) return []
    const { here, there } = flag.arguments
    const words = here !== undefined && there !== undefined ? { ...flag.arguments, here: there, there: here } : flag.arguments
    return [{ flag, mark: flag.against, words }]
  })
}

// The text with the mark's replacement in it; null where there is none, or the text is another one by now.
export function mended(checked: Checked, { lang, span, fix }: Mark, now: string): string | null {
  if (!span || typeof fix !== 'string' || checked.texts[lang] !== now) return null
  return now.slice(0, span.start) + fix + now.slice(span.end)
}
