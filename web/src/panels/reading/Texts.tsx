// One text in each of the project's languages, side by side.
import { SimpleGrid, Textarea } from '@mantine/core'
import type { ReactNode } from 'react'
import { languageName } from '../../i18n/names'

interface Props {
  langs: readonly string[]
  texts: Record<string, string> | undefined
  // What the text is, in words; with the language's name.
  label(lang: string): string
  size?: 'xs' | 'sm'
  // The fewest and the most that are seen at once.
  rows?: readonly [number, number]
  // What stands under the field of a language.
  under?(lang: string): ReactNode
  onWrite(lang: string, text: string): void
  onSettle(): void
}

// So that both texts begin on one line.
const ONE_LINE = { label: { display: 'block', maxWidth: '100%', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', fontSize: 'var(--mantine-font-size-xs)' } } as const

export function Texts({ langs, texts, label, size = 'xs', rows: [fewest, most] = [2, 6], under, onWrite, onSettle }: Props) {
  return (
    <SimpleGrid cols={langs.length} spacing={6} verticalSpacing={2}>
      {langs.map((lang) => (
        <Textarea
          key={lang}
          lang={lang}
          size={size}
          styles={ONE_LINE}
          autosize
          minRows={fewest}
          maxRows={most}
          label={label(languageName(lang))}
          value={texts?.[lang] ?? ''}
          onChange={(event) => onWrite(lang, event.currentTarget.value)}
          onBlur={onSettle}
        />
      ))}
      {under !== undefined && langs.map((lang) => <div key={`${lang}/under`}>{under(lang)}</div>)}
    </SimpleGrid>
  )
}
