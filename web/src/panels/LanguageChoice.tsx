import { NativeSelect } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { chooseLang, LANGS } from '../i18n'

export function LanguageChoice({ onChoose }: { onChoose(lang: string): void }) {
  const { t, i18n } = useTranslation()
  return (
    <NativeSelect
      size="xs"
      aria-label={t('app.language')}
      value={i18n.language}
      onChange={({ currentTarget: { value } }) => {
        chooseLang(value)
        onChoose(value)
      }}
      data={Object.entries(LANGS).map(([value, label]) => ({ value, label }))}
    />
  )
}
