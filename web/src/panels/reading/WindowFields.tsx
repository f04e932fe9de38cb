// The shown range of values, in numbers. They are the stored values, not Hounsfield units.
import { NumberInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Window } from '../../canvas/levels'
import { numberIn } from '../../model/geometry'

export function WindowFields({ window, onWindow }: { window: Window; onWindow(window: Window): void }) {
  const { t } = useTranslation()
  // An empty field or a lone sign is a number on its way: the window stays until it is one.
  const field = (name: string, value: number, set: (value: number) => Window) => (
    <NumberInput
      size="xs"
      w={96}
      aria-label={name}
      title={name}
      value={Math.round(value)}
      onChange={(typed) => {
        const number = numberIn(typed)
        if (number !== null) onWindow(set(number))
      }}
    />
  )
  return (
    <>
      {field(t('read.center'), window.center, (center) => ({ ...window, center }))}
      {field(t('read.width'), window.width, (width) => ({ ...window, width: Math.max(1, width) }))}
    </>
  )
}
