// A moment to the minute in UTC, which is the same for people in several places.
export const minuteOf = (at: string): string => at.slice(0, 16).replace('T', ' ')

// Its day.
export const dayOf = (at: string): string => at.slice(0, 10)
