// What two snapshots say otherwise of one case, in words.
import { List, Text } from '@mantine/core'
import { diffWordsWithSpace } from 'diff'
import { useTranslation } from 'react-i18next'
import type { Change, Concept, Part } from '../../api/client'
import { conceptName } from '../../i18n/conceptName'
import { languageName } from '../../i18n/names'

interface Props {
  changes: readonly Change[]
  concepts: readonly Concept[]
}

export function Changes({ changes, concepts }: Props) {
  return (
    <List size="sm" spacing={4}>
      {changes.map((change, index) => <List.Item key={index}><One change={change} concepts={concepts} /></List.Item>)}
    </List>
  )
}

function One({ change, concepts }: { change: Change; concepts: readonly Concept[] }) {
  const { t } = useTranslation()
  const { nameOf, conceptOf } = useParts(concepts)
  switch (change.kind) {
    case 'added':
      return t('differences.part_added', { part: nameOf(change) })
    case 'removed':
      return t('differences.part_removed', { part: nameOf(change) })
    case 'moved': {
      const overlap = change.overlap.toFixed(2)
      const moved = t('differences.moved', { part: nameOf(change.of), overlap })
      return change.frame ? `${moved} ${t('differences.frames', { from: change.frame.from + 1, to: change.frame.to + 1 })}` : moved
    }
    case 'concept':
      return t('differences.turned', { part: t('differences.concept'), from: conceptOf(change.concept.from), to: conceptOf(change.concept.to) })
    case 'presence':
      return t('differences.turned', { part: nameOf(change.of), from: t(`presence.${change.presence.from}`), to: t(`presence.${change.presence.to}`) })
    case 'split':
      return t('differences.turned', { part: t('worklist.split'), from: t(`split.${change.split.from}`), to: t(`split.${change.split.to}`) })
    case 'text':
      return <>{nameOf(change.of)}, {languageName(change.lang)}: <Edited lang={change.lang} {...change.text} /></>
    case 'speaks_of':
      return t('differences.speaks_of', { part: nameOf(change) })
    default:
      return t(`differences.kind.${change.kind}`)
  }
}

// Parts by what a reader calls them.
function useParts(concepts: readonly Concept[]) {
  const { t, i18n } = useTranslation()
  const conceptOf = (key: string | null | undefined) => {
    if (key == null) return t('differences.no_concept')
    return conceptName(concepts, key, i18n.language) ?? key
  }
  const nameOf = (part: Part) => {
    if (part.part === 'region') return t('differences.part.region', { concept: conceptOf(part.concept) })
    if (part.part === 'finding') return t('differences.part.finding', { concept: conceptOf(part.concept) })
    return t(`differences.other.${part.part}`)
  }
  return { nameOf, conceptOf }
}

// A text with what was taken out struck through and what came in underlined, word by word as its language has them.
function Edited({ lang, from, to }: { lang: string; from: string; to: string }) {
  const words = diffWordsWithSpace(from, to, { intlSegmenter: new Intl.Segmenter(lang, { granularity: 'word' }) })
  return (
    <Text span size="sm" lang={lang}>
      {words.map(({ value, added, removed }, index) => {
        if (added) return <Text key={index} component="ins" span c="teal.3" td="underline">{value}</Text>
        if (removed) return <Text key={index} component="del" span c="red.3" td="line-through">{value}</Text>
        return <span key={index}>{value}</span>
      })}
    </Text>
  )
}
