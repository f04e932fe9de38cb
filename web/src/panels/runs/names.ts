// Names of what a run is made of, for people: settings, and the snapshots and models of its project.
import { useTranslation } from 'react-i18next'
import { useModels, useSnapshots } from '../../api/queries'
import { plainName } from './Setting'

export function useSettingNames(project: string) {
  const { t } = useTranslation()
  const snapshots = useSnapshots(project).data?.snapshots ?? []
  const models = useModels(project).data?.models ?? []
  const nameOf = (setting: string) => {
    if (setting === 'snapshot') return t('runs.snapshot')
    if (setting === 'base') return t('runs.base')
    if (setting === 'tuning.kind') return t('runs.tuning')
    return t(`runs.field.${plainName(setting)}`, { defaultValue: setting })
  }
  const valueOf = (setting: string, value: string) => {
    const known = setting === 'snapshot' ? snapshots : setting === 'base' ? models : []
    const name = known.find(({ id }) => id === value)?.name
    // Several may have one name.
    return name === undefined ? value : `${name} · ${value.slice(0, 8)}`
  }
  return { nameOf, valueOf }
}
