import type { TFunction } from 'i18next'

// A metric's name for people, where there is one.
export const nameOfMetric = (t: TFunction, name: string) => (name === 'train/loss' ? t('runs.loss') : name)
