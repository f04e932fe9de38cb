// The report, sentence by sentence in both languages, each with the regions it speaks of.
import { Button, Group, MultiSelect, Stack, Text } from '@mantine/core'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Described, Sentence } from '../../api/client'
import { freshId } from '../../model/id'
import type { Action } from '../../state/annotation'
import { Flags } from './Flags'
import { LeaveCard } from './LeaveCard'
import { Texts } from './Texts'

export interface Named {
  value: string
  label: string
}
interface Props {
  image: string
  report: readonly Sentence[]
  langs: readonly string[]
  regions: readonly Named[]
  dispatch(action: Action): void
}

export function ReportPanel({ image, report, langs, regions, dispatch }: Props) {
  const { t } = useTranslation()
  return (
    <Stack gap="xs">
      {report.length === 0 && <Text size="sm" c="gray.4">{t('read.report_none')}</Text>}
      {report.map((sentence, index) => {
        const name = t('read.sentence', { number: index + 1 })
        // In the order of their list, whatever order they were linked in.
        const linked = regions.flatMap(({ value }) => (sentence.regions?.includes(value) ? [value] : []))
        return (
          <LeaveCard key={sentence.id} aria-label={name} data-testid="sentence">
            <Stack gap={6}>
              <Said image={image} sentence={sentence} name={name} langs={langs} dispatch={dispatch} />
              <MultiSelect
                size="xs"
                label={t('read.speaks_of')}
                placeholder={linked.length > 0 ? undefined : t('read.whole_image')}
                data={[...regions]}
                value={linked}
                onChange={(chosen) => dispatch({ kind: 'link', id: sentence.id, regions: chosen })}
              />
              <Order part="report" id={sentence.id} index={index} count={report.length} dispatch={dispatch} />
            </Stack>
          </LeaveCard>
        )
      })}
      <Group><Button size="compact-sm" variant="default" onClick={() => dispatch({ kind: 'add', part: 'report', id: freshId() })}>{t('read.add_sentence')}</Button></Group>
    </Stack>
  )
}

interface SaidProps {
  image: string
  sentence: Sentence
  name: string
  langs: readonly string[]
  dispatch(action: Action): void
}

function Said({ image, sentence, name, langs, dispatch }: SaidProps) {
  const { texts } = sentence
  const described = useMemo<Described>(() => ({ texts: texts ?? {} }), [texts])
  const write = (lang: string, text: string) => dispatch({ kind: 'say', id: sentence.id, lang, text })
  const settle = () => dispatch({ kind: 'settle' })
  return (
    <Flags image={image} described={described} onWrite={write} onSettle={settle}>
      {(under) => <Texts langs={langs} texts={texts} label={(lang) => `${name} (${lang})`} under={under} onWrite={write} onSettle={settle} />}
    </Flags>
  )
}

interface OrderProps {
  part: 'report' | 'questions'
  id: string
  index: number
  count: number
  dispatch(action: Action): void
}

// Up, down, away.
export function Order({ part, id, index, count, dispatch }: OrderProps) {
  const { t } = useTranslation()
  return (
    <Group gap={4}>
      <Button size="compact-xs" variant="default" disabled={index === 0} onClick={() => dispatch({ kind: 'reorder', part, id, by: -1 })}>{t('read.up')}</Button>
      <Button size="compact-xs" variant="default" disabled={index === count - 1} onClick={() => dispatch({ kind: 'reorder', part, id, by: 1 })}>{t('read.down')}</Button>
      <Button size="compact-xs" variant="light" color="red" onClick={() => dispatch({ kind: 'drop', part, id })}>{t('read.delete')}</Button>
    </Group>
  )
}
