import type { TFunction } from 'i18next'

// A metric's name for people, where there is one.
export const nameOfMetric = (t: TFunction, name: string) => t(`metric.${name.replace('train/', '')}`, { defaultValue: name })
