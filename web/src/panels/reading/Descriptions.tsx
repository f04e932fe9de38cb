// A region's description in each of the project's languages, side by side where there is room.
import { SimpleGrid, Textarea } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Region } from '../../api/client'
import { languageName } from '../../i18n/names'
import type { Action } from '../../state/annotation'

interface Props {
  region: Region
  langs: readonly string[]
  dispatch(action: Action): void
}

export function Descriptions({ region, langs, dispatch }: Props) {
  const { t } = useTranslation()
  return (
    <SimpleGrid cols={langs.length} spacing={6} style={{ alignItems: 'end' }}>
      {langs.map((lang) => (
        <Textarea
          key={lang}
          lang={lang}
          autosize
          minRows={3}
          maxRows={8}
          label={t('read.description', { lang: languageName(lang) })}
          value={region.texts?.[lang] ?? ''}
          onChange={(event) => dispatch({ kind: 'write', id: region.id, lang, text: event.currentTarget.value })}
          onBlur={() => dispatch({ kind: 'settle' })}
        />
      ))}
    </SimpleGrid>
  )
}
