// A run's measured values by name, and what several runs' have in common.
export type Points = readonly (readonly [at: number, value: number])[]
export type Series = Readonly<Record<string, Points>>

// Names in the order in which they are shown: the loss first, then the scores, then the rest.
export function namesOf(all: readonly Series[]): string[] {
  const rank = (name: string) => (name === 'train/loss' ? 0 : name.startsWith('train/') ? 2 : 1)
  const names = [...new Set(all.flatMap(Object.keys))]
  return names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}

// Steps become the seconds of training until them, which a run's pace tells; a step whose pace is not known keeps that of the last.
export function bySeconds(points: Points, pace: Points): Points {
  let [step, seconds, index] = [0, 0, 0]
  return points.map(([at, value]) => {
    for (let next = pace[index]; next && next[0] <= at; next = pace[index]) {
      seconds += next[1] > 0 ? (next[0] - step) / next[1] : 0
      step = next[0]
      index += 1
    }
    const rate = (pace[index] ?? pace.at(-1))?.[1] ?? 0
    return [seconds + (rate > 0 ? (at - step) / rate : 0), value] as const
  })
}
