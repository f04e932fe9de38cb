// Bytes and times as people read them.
export function sizeOf(bytes: number): string {
  const [unit, by] = bytes < 1e6 ? ['kB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9]
  return `${(bytes / by).toFixed(bytes < 1e4 ? 1 : 0)} ${unit}`
}

// Minutes and seconds, with hours before them where there are any.
export function clockOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0'))
  return (whole < 3600 ? parts.slice(1) : parts).join(':').replace(/^0/, '')
}

// The seconds that are left at the pace so far; null while that says little.
export const secondsLeft = (done: number, all: number, seconds: number): number | null =>
  done > 0 && all > 0 && seconds > 1 ? ((all - done) * seconds) / done : null
