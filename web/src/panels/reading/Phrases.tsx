// What may be written of this concept without typing it: the leads' templates, and what the reader has written before.
import { Button, Menu, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import type { Region } from '../../api/client'
import { useTemplates } from '../../api/queries'
import { FIRST } from '../../model/placeholders'
import type { Action } from '../../state/annotation'
import { offered, phrasesOf, type Phrase } from '../../state/phrases'
import { fieldsIn, selectPlaceholder } from './fillIn'

interface Props {
  region: Region
  project: string
  reader: string
  dispatch(action: Action): void
}

export function Phrases({ region, project, reader, dispatch }: Props) {
  const { t } = useTranslation()
  const target = useRef<HTMLButtonElement>(null)
  const known = useQuery({ queryKey: ['phrases', project, reader], queryFn: () => phrasesOf(project, reader), staleTime: 0 }).data ?? []
  const templates = offered(useTemplates(project).data?.templates ?? [], region.concept)
  const here = known.filter(({ concept }) => concept === region.concept)
  const count = templates.length + here.length
  if (count === 0) return null
  const write = (texts: Record<string, string>) => {
    const joined = Object.entries(texts).map(([lang, text]) => [lang, followed(region.texts?.[lang] ?? '', text)])
    // Written before anything is looked for in it.
    flushSync(() => dispatch({ kind: 'phrase', id: region.id, texts: Object.fromEntries(joined) }))
    const card = target.current?.closest('[data-chosen]')
    if (!card || !selectPlaceholder(fieldsIn(card), FIRST, 1)) target.current?.focus()
  }
  const item = ({ name, texts }: Phrase) => (
    <Menu.Item key={JSON.stringify([name, texts])} onClick={() => write(texts)}>
      {name && <Text size="xs" fw={600}>{name}</Text>}
      {Object.entries(texts).map(([lang, text]) => <Text key={lang} size="xs" lang={lang} lineClamp={2}>{text}</Text>)}
    </Menu.Item>
  )
  return (
    // The focus goes where something is to be filled in, and not back by itself.
    <Menu position="bottom-start" width={330} returnFocus={false}>
      <Menu.Target><Button ref={target} size="compact-sm" variant="default" data-phrases>{t('read.phrases', { count })} (S)</Button></Menu.Target>
      <Menu.Dropdown mah="60vh" style={{ overflowY: 'auto' }}>
        {templates.length > 0 && <Menu.Label c="gray.4">{t('read.templates')}</Menu.Label>}
        {templates.map(item)}
        {templates.length > 0 && here.length > 0 && <Menu.Label c="gray.4">{t('read.used_before')}</Menu.Label>}
        {here.map(item)}
      </Menu.Dropdown>
    </Menu>
  )
}

// After what stands there already; with a space between two Latin sentences and none between two Chinese ones.
function followed(before: string, text: string): string {
  return before === '' || before.endsWith(text) ? text : `${before}${/[\p{Script=Latin}\d.)]$/u.test(before) ? ' ' : ''}${text}`
}
