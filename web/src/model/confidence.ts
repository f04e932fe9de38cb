// A calibrated confidence in words. The words are for shares that come true, so that an uncalibrated number has none: of ten suggestions
// that are very likely at most one is wrong, of ten likely ones at most three, of ten possible ones at most six.
export const WORDS = [['very_likely', 0.9], ['likely', 0.7], ['possible', 0.4], ['unlikely', 0]] as const
export type Word = (typeof WORDS)[number][0]

export const wordFor = (confidence: number): Word => WORDS.find(([, least]) => confidence >= least)?.[0] ?? 'unlikely'
export const percentOf = (confidence: number) => Math.round(confidence * 100)
