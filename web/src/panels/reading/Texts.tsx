// One text in each of the project's languages, side by side.
import { SimpleGrid, Textarea } from '@mantine/core'
import type { ReactNode } from 'react'
import { languageName } from '../../i18n/names'

interface Props {
  langs: readonly string[]
  texts: Record<string, string> | undefined
  // What the text is, in words; with the language's name.
  label(lang: string): string
  // What stands under the field of a language.
  under?(lang: string): ReactNode
  onWrite(lang: string, text: string): void
  onSettle(): void
}

export function Texts({ langs, texts, label, under, onWrite, onSettle }: Props) {
  return (
    <SimpleGrid cols={langs.length} spacing={6} style={{ alignItems: 'end' }}>
      {langs.map((lang) => (
        <div key={lang}>
          <Textarea
            lang={lang}
            size="xs"
            autosize
            minRows={2}
            maxRows={6}
            label={label(languageName(lang))}
            value={texts?.[lang] ?? ''}
            onChange={(event) => onWrite(lang, event.currentTarget.value)}
            onBlur={onSettle}
          />
          {under?.(lang)}
        </div>
      ))}
    </SimpleGrid>
  )
}
