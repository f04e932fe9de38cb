// Numbers as they are written on the pages.

// A share of 0 to 1 in whole percent.
export const percent = (share: number): string => `${Math.round(100 * share)} %`
// A difference with its sign.
export const signed = (value: number, digits = 3): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`
export const minutes = (seconds: number): string => (seconds / 60).toFixed(seconds < 600 ? 1 : 0)
