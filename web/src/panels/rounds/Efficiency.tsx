// What labels bought: scores over boxes or minutes, what each round's model had said of chosen and of random images, and whether to go on.
import { Alert, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { LabelEfficiency, Measure } from '../../api/client'
import { languageName } from '../../i18n/names'
import { Chart } from '../Chart'
import { percent, signed } from '../../model/written'

const MEASURES = ['accuracy', 'mean_iou', 'region_f1'] as const satisfies readonly Measure[]
const COSTS = ['boxes', 'minutes'] as const

export function Efficiency({ found, measure, choose }: { found: LabelEfficiency; measure: Measure; choose: (measure: Measure) => void }) {
  const { t } = useTranslation()
  const [cost, setCost] = useState<(typeof COSTS)[number]>('boxes')
  const langs = [...new Set(found.points.flatMap(({ evaluation }) => Object.keys(evaluation[measure])))]
  const at = (point: LabelEfficiency['points'][number]) => (cost === 'boxes' ? point.boxes : point.seconds / 60)
  const curve = (lang: string) => {
    const scored = found.points.flatMap((point) => (point.evaluation[measure][lang] === undefined ? [] : [[at(point), point.evaluation[measure][lang]] as const]))
    // A curve goes to the right; where a later run learnt from less, its point stands where it belongs.
    return { label: languageName(lang), points: scored.sort((a, b) => a[0] - b[0]) }
  }
  return (
    <Stack gap="xs">
      <Group align="flex-end">
        <NativeSelect label={t('rounds.measure')} value={measure} onChange={(e) => choose(MEASURES.find((m) => m === e.currentTarget.value) ?? measure)} data={MEASURES.map((m) => ({ value: m, label: t(`score.${m}`) }))} />
        <NativeSelect label={t('rounds.cost')} value={cost} onChange={(e) => setCost(COSTS.find((c) => c === e.currentTarget.value) ?? cost)} data={COSTS.map((c) => ({ value: c, label: t(`cost.${c}`) }))} />
      </Group>
      <Advice found={found} measure={measure} />
      <Group align="flex-start" grow>
        {langs.length === 0
          ? <Text size="sm">{t('rounds.no_scores')}</Text>
          : <Chart title={t(`score.${measure}`)} x={t(`cost.${cost}`)} curves={langs.map(curve)} />}
        <Agreement found={found} />
      </Group>
    </Stack>
  )
}

function Advice({ found, measure }: { found: LabelEfficiency; measure: Measure }) {
  const { t } = useTranslation()
  const advice = found.advice.find((one) => one.measure === measure)
  if (!advice) return null
  const { judgement, estimate, worth, rounds, patients, gain } = advice
  const numbers = { gain: signed(estimate?.value ?? gain ?? 0), low: signed(estimate?.low ?? 0), high: signed(estimate?.high ?? 0), worth, rounds, patients }
  return <Alert color={judgement === 'stop' ? 'yellow' : 'gray'} title={t('rounds.another')}>{t(`advice.${judgement}`, numbers)}</Alert>
}

// No curve of a model that learnt from random images: of the random share it is told how good each round's model was on what was unread.
function Agreement({ found }: { found: LabelEfficiency }) {
  const { t } = useTranslation()
  const of = (part: 'chosen' | 'control') =>
    found.agreements.flatMap(({ number, ...parts }) => (typeof parts[part].f1 === 'number' ? [[number, parts[part].f1] as const] : []))
  const cases = (part: 'chosen' | 'control') => found.agreements.map((one) => one[part].cases).join(', ')
  if (of('chosen').length + of('control').length === 0) return <Text size="sm">{t('rounds.no_agreement')}</Text>
  return (
    <Stack gap={4}>
      <Chart title={t('rounds.agreement')} x={t('rounds.round')} curves={[{ label: t('rounds.control'), points: of('control') }, { label: t('rounds.chosen'), points: of('chosen') }]} />
      <Text size="sm">{t('rounds.agreement_cases', { control: cases('control'), chosen: cases('chosen') })}</Text>
      <Text size="sm" c="gray.4">{t('rounds.agreement_text')}</Text>
    </Stack>
  )
}

export function AgreementText({ agreement }: { agreement: LabelEfficiency['agreements'][number]['control'] }) {
  const { t } = useTranslation()
  const { f1, estimate, cases, shown } = agreement
  if (typeof f1 !== 'number') return <Text size="sm">–</Text>
  const interval = estimate ? t('rounds.interval', { low: estimate.low.toFixed(2), high: estimate.high.toFixed(2) }) : t('feedback.too_few')
  return <Text size="sm">{f1.toFixed(2)} ({interval}; n = {cases}, {t('rounds.shown', { share: percent(shown / Math.max(cases, 1)) })})</Text>
}
