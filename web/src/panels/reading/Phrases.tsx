// What the reader has written of this concept before, to be written again.
import { Button, Menu, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Region } from '../../api/client'
import type { Action } from '../../state/annotation'
import { phrasesOf } from '../../state/phrases'

interface Props {
  region: Region
  project: string
  reader: string
  dispatch(action: Action): void
}

export function Phrases({ region, project, reader, dispatch }: Props) {
  const { t } = useTranslation()
  const known = useQuery({ queryKey: ['phrases', project, reader], queryFn: () => phrasesOf(project, reader), staleTime: 0 }).data ?? []
  const here = known.filter(({ concept }) => concept === region.concept)
  if (here.length === 0) return null
  const write = (texts: Record<string, string>) => {
    const joined = Object.entries(texts).map(([lang, text]) => [lang, followed(region.texts?.[lang] ?? '', text)])
    dispatch({ kind: 'phrase', id: region.id, texts: Object.fromEntries(joined) })
  }
  return (
    <Menu position="bottom-start" width={330}>
      <Menu.Target><Button size="compact-sm" variant="default" data-phrases>{t('read.phrases', { count: here.length })} (S)</Button></Menu.Target>
      <Menu.Dropdown>
        {here.map(({ texts }) => (
          <Menu.Item key={JSON.stringify(texts)} onClick={() => write(texts)}>
            {Object.entries(texts).map(([lang, text]) => <Text key={lang} size="xs" lang={lang} lineClamp={2}>{text}</Text>)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

// After what stands there already; with a space between two Latin sentences and none between two Chinese ones.
function followed(before: string, text: string): string {
  return before === '' || before.endsWith(text) ? text : `${before}${/[\p{Script=Latin}\d.)]$/u.test(before) ? ' ' : ''}${text}`
}
