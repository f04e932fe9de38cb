// The shown range of values, in numbers.
import { NumberInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Window } from '../../canvas/levels'
import { numberIn } from '../../model/geometry'

interface Props {
  window: Window
  hounsfield: boolean
  // The difference of two neighbouring stored values.
  step: number
  onWindow(window: Window): void
}
export function WindowFields({ window, hounsfield, step, onWindow }: Props) {
  const { t } = useTranslation()
  const unit = hounsfield ? 'HU' : t('view.values')
  // As many places as tell two values apart.
  const places = Math.min(Math.max(Math.ceil(-Math.log10(step)), 0), 6)
  const narrowest = window.function === 'linear' ? 1 : step
  // An empty field or a lone sign is a number on its way: the window stays until it is one.
  const field = (name: string, value: number, set: (value: number) => Window) => (
    <NumberInput
      size="xs"
      w={76}
      step={step}
      hideControls
      aria-label={name}
      title={name}
      value={Number(value.toFixed(places))}
      onChange={(typed) => {
        const number = numberIn(typed)
        if (number !== null) onWindow(set(number))
      }}
    />
  )
  return (
    <>
      {field(t('view.center', { unit }), window.center, (center) => ({ ...window, center }))}
      {field(t('view.width', { unit }), window.width, (width) => ({ ...window, width: Math.max(narrowest, width) }))}
    </>
  )
}
