// What a round is asked to do: how to choose, how many images or boxes at most, and the seed of what is drawn by chance.
import { NativeSelect, NumberInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Strategy } from '../../api/client'
import { useStrategies } from '../../api/queries'

export interface Plan {
  strategy: Strategy
  /** Images at most; no limit of its own where null. */
  budget: number | null
  /** Boxes at most, as far as they can be foreseen; no limit where null. */
  boxes: number | null
  seed: number
}
export const PROPOSED: Plan = { strategy: 'hybrid', budget: 50, boxes: null, seed: 1 }

export function StrategyFields({ plan, change }: { plan: Plan; change: (plan: Plan) => void }) {
  const { t } = useTranslation()
  const strategies = useStrategies().data ?? [plan.strategy]
  const choose = (name: string) => change({ ...plan, strategy: strategies.find((known) => known === name) ?? plan.strategy })
  return (
    <>
      <NativeSelect label={t('models.strategy')} value={plan.strategy} onChange={(e) => choose(e.currentTarget.value)} data={strategies.map((name) => ({ value: name, label: t(`strategy.${name}`) }))} />
      <Limit label={t('models.budget')} max={100000} value={plan.budget} change={(budget) => change({ ...plan, budget })} />
      <Limit label={t('models.boxes')} max={1000000} value={plan.boxes} change={(boxes) => change({ ...plan, boxes })} />
      <NumberInput w={90} label={t('rounds.seed')} min={0} allowDecimal={false} value={plan.seed} onChange={(v) => change({ ...plan, seed: Number(v) })} />
    </>
  )
}

function Limit({ label, max, value, change }: { label: string; max: number; value: number | null; change: (value: number | null) => void }) {
  const { t } = useTranslation()
  return <NumberInput w={150} label={label} placeholder={t('models.no_limit')} min={1} max={max} allowDecimal={false} value={value ?? ''} onChange={(v) => change(v === '' ? null : Number(v))} />
}
