// Questions about the image with their answers, in both languages.
import { Button, Group, Select, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Question } from '../../api/client'
import { freshId } from '../../model/id'
import type { Action } from '../../state/annotation'
import { LeaveCard } from './LeaveCard'
import { Order, type Named } from './ReportPanel'
import { Texts } from './Texts'

interface Props {
  questions: readonly Question[]
  langs: readonly string[]
  regions: readonly Named[]
  dispatch(action: Action): void
}

export function QuestionsPanel({ questions, langs, regions, dispatch }: Props) {
  const { t } = useTranslation()
  const settle = () => dispatch({ kind: 'settle' })
  return (
    <Stack gap="xs">
      {questions.length === 0 && <Text size="sm" c="gray.4">{t('read.questions_none')}</Text>}
      {questions.map((asked, index) => (
        <LeaveCard key={asked.id} aria-label={t('read.question_number', { number: index + 1 })} data-testid="question">
          <Stack gap={6}>
            {(['question', 'answer'] as const).map((field) => (
              <Texts
                key={field}
                langs={langs}
                texts={asked[field]}
                label={(lang) => `${t(`asked.${field}`)} ${index + 1} (${lang})`}
                onWrite={(lang, text) => dispatch({ kind: 'ask', id: asked.id, field, lang, text })}
                onSettle={settle}
              />
            ))}
            <Select
              size="xs"
              clearable
              label={t('read.about')}
              placeholder={t('read.whole_image')}
              data={[...regions]}
              value={asked.region ?? null}
              onChange={(region) => dispatch({ kind: 'about', id: asked.id, region })}
            />
            <Order part="questions" id={asked.id} index={index} count={questions.length} dispatch={dispatch} />
          </Stack>
        </LeaveCard>
      ))}
      <Group><Button size="compact-sm" variant="default" onClick={() => dispatch({ kind: 'add', part: 'questions', id: freshId() })}>{t('read.add_question')}</Button></Group>
    </Stack>
  )
}
