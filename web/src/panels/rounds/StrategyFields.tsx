// What a round is asked to do: how to choose, how many images at most, and the seed of what is drawn by chance.
import { NativeSelect, NumberInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Strategy } from '../../api/client'
import { useStrategies } from '../../api/queries'

export interface Plan {
  strategy: Strategy
  budget: number
  seed: number
}
export const PROPOSED: Plan = { strategy: 'hybrid', budget: 50, seed: 1 }

export function StrategyFields({ plan, change }: { plan: Plan; change: (plan: Plan) => void }) {
  const { t } = useTranslation()
  const strategies = useStrategies().data ?? [plan.strategy]
  const choose = (name: string) => change({ ...plan, strategy: strategies.find((known) => known === name) ?? plan.strategy })
  return (
    <>
      <NativeSelect label={t('models.strategy')} value={plan.strategy} onChange={(e) => choose(e.currentTarget.value)} data={strategies.map((name) => ({ value: name, label: t(`strategy.${name}`) }))} />
      <NumberInput w={150} label={t('models.budget')} min={1} max={100000} allowDecimal={false} value={plan.budget} onChange={(v) => change({ ...plan, budget: Number(v) })} />
      <NumberInput w={90} label={t('rounds.seed')} min={0} allowDecimal={false} value={plan.seed} onChange={(v) => change({ ...plan, seed: Number(v) })} />
    </>
  )
}
