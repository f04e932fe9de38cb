// A region's description in each of the project's languages, side by side where there is room.
import { SimpleGrid, Textarea } from '@mantine/core'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Described, Region } from '../../api/client'
import { languageName } from '../../i18n/names'
import type { Action } from '../../state/annotation'
import { Flags } from './Flags'

interface Props {
  image: string
  region: Region
  langs: readonly string[]
  dispatch(action: Action): void
}

export function Descriptions({ image, region, langs, dispatch }: Props) {
  const { t } = useTranslation()
  const { texts, concept, presence, bbox } = region
  const described = useMemo<Described>(() => ({ texts: texts ?? {}, concept: concept ?? null, presence: presence ?? null, bbox }), [texts, concept, presence, bbox])
  const write = (lang: string, text: string) => dispatch({ kind: 'write', id: region.id, lang, text })
  const settle = () => dispatch({ kind: 'settle' })
  return (
    <Flags image={image} described={described} onWrite={write} onSettle={settle}>
      {(under) => (
        <SimpleGrid cols={langs.length} spacing={6} verticalSpacing={2} style={{ alignItems: 'end' }}>
          {langs.map((lang) => (
            <Textarea
              key={lang}
              lang={lang}
              autosize
              minRows={3}
              maxRows={8}
              label={t('read.description', { lang: languageName(lang) })}
              value={texts?.[lang] ?? ''}
              onChange={(event) => write(lang, event.currentTarget.value)}
              onBlur={settle}
            />
          ))}
          {langs.map((lang) => <div key={`${lang}/flags`} style={{ alignSelf: 'start' }}>{under(lang)}</div>)}
        </SimpleGrid>
      )}
    </Flags>
  )
}
