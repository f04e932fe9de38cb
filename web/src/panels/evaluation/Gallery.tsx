// A run's answers over their images, the worst first; a page at a time, so that ten thousand are no more than two dozen.
import { Button, Group, NativeSelect, SimpleGrid, Stack, Text, Title, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { EvaluationView, JudgedAnswer } from '../../api/client'
import { useAnswers, type AnswersWanted } from '../../api/queries'
import { languageName } from '../../i18n/names'
import { Asked } from '../Asked'
import { Faults } from './Faults'
import { Large } from './Large'
import { Legend, Picture } from './Picture'

const SIDE = 190

interface Props {
  found: EvaluationView
  wanted: AnswersWanted
  want: (change: Partial<AnswersWanted>) => void
  nameOf: (key: string | null) => string
}

export function Gallery({ found, wanted, want, nameOf }: Props) {
  const { t } = useTranslation()
  const slices = found.figures?.slices ?? []
  const values = (by: 'concept' | 'modality') => [...new Set(slices.filter((slice) => slice.by === by).map(({ value }) => value))]
  const all = { value: '', label: t('worklist.all') }
  const choose = (key: keyof AnswersWanted) => ({ value: wanted[key] ?? '', onChange: (e: React.ChangeEvent<HTMLSelectElement>) => want({ [key]: e.currentTarget.value || undefined }) })
  const faults = found.faults.map(({ fault, count }) => ({ value: fault, label: `${t(`fault.${fault}`)} (${count})` }))
  return (
    <section id="answers">
      <Stack gap="xs">
        <Title order={2} size="h4">{t('evaluation.answers')}</Title>
        <Group align="flex-end">
          <NativeSelect label={t('evaluation.fault')} {...choose('filter')} data={[all, ...faults]} />
          <NativeSelect label={t('evaluation.concept')} {...choose('concept')} data={[all, ...values('concept').map((key) => ({ value: key, label: nameOf(key) }))]} />
          <NativeSelect label={t('evaluation.modality')} {...choose('modality')} data={[all, ...values('modality').map((key) => ({ value: key, label: key.toUpperCase() }))]} />
          <NativeSelect label={t('evaluation.language')} {...choose('lang')} data={[all, ...(found.figures?.scores ?? []).map(({ lang }) => ({ value: lang, label: languageName(lang) }))]} />
          {wanted.named !== undefined && <Button variant="default" onClick={() => want({ named: undefined })}>{t('evaluation.named_as', { name: nameOf(wanted.named || null) })} ×</Button>}
        </Group>
        <Legend />
        <Pages key={JSON.stringify(wanted)} run={found.run} wanted={wanted} nameOf={nameOf} />
      </Stack>
    </section>
  )
}

// The lines after which the pages so far began: back is where one came from.
function Pages({ run, wanted, nameOf }: { run: string; wanted: AnswersWanted; nameOf: Props['nameOf'] }) {
  const { t } = useTranslation()
  const [starts, setStarts] = useState<readonly (number | null)[]>([null])
  const [open, setOpen] = useState<number | null>(null)
  const answers = useAnswers(run, wanted, starts.at(-1) ?? null)
  const page = answers.data
  const forward = (next: number) => setStarts([...starts, next])
  const back = () => setStarts(starts.slice(0, -1))
  // Past the end of a page the next one begins.
  const go = (by: 1 | -1) => {
    const [at, count] = [(open ?? 0) + by, page?.cases.length ?? 0]
    if (at >= count && page?.next) forward(page.next)
    else if (at < 0) back()
    setOpen(at >= count ? 0 : Math.max(0, at))
  }
  return (
    <Asked query={answers}>
      {({ cases, next }) => {
        const shown = open === null ? undefined : cases[open]
        return (
          <>
            {cases.length === 0 && <Text>{t('evaluation.no_answers')}</Text>}
            <SimpleGrid cols={{ base: 2, sm: 3, md: 4, lg: 5 }} spacing="sm">
              {cases.map((answer, index) => <Thumbnail key={answer.line} answer={answer} name={nameOf(answer.concept)} open={() => setOpen(index)} />)}
            </SimpleGrid>
            <Group>
              {starts.length > 1 && <Button variant="default" onClick={back}>← {t('evaluation.back')}</Button>}
              {next && <Button variant="default" onClick={() => forward(next)}>{t('worklist.more')}</Button>}
            </Group>
            {shown && <Large answer={shown} name={nameOf(shown.concept)} before={open !== 0 || starts.length > 1} after={open !== cases.length - 1 || !!next} go={go} close={() => setOpen(null)} />}
          </>
        )
      }}
    </Asked>
  )
}

function Thumbnail({ answer, name, open }: { answer: JudgedAnswer; name: string; open: () => void }) {
  const { t } = useTranslation()
  return (
    <UnstyledButton onClick={open} style={{ alignSelf: 'start' }} data-testid="answer">
      <Stack gap={4} align="flex-start">
        <Picture answer={answer} name={name} side={SIDE} />
        <Text size="xs" fw={600}>{name} · {languageName(answer.lang)}</Text>
        <Text size="xs" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>{t('evaluation.answer')}: {answer.answer || '–'}</Text>
        {answer.other && <Text size="xs" c="gray.4" lineClamp={1} style={{ overflowWrap: 'anywhere' }}>{languageName(answer.other.lang)}: {answer.other.answer || '–'}</Text>}
        <Faults faults={answer.faults} />
      </Stack>
    </UnstyledButton>
  )
}
