// One setting of a run: what it is, what it does, and what it may be where what is typed is not that.
import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { CHOICES, faultOf, rangeOf, type RunSettings } from '../../state/runSettings'

interface Props {
  field: string
  value: string
  settings: RunSettings
  // What the server said against it.
  refused: string | null
  onChange(value: string): void
}

// A setting's name in the texts: those of adapters are called as they are without their path.
export const plainName = (field: string) => field.replace('tuning.', '')

export function Setting({ field, value, settings, refused, onChange }: Props) {
  const { t } = useTranslation()
  const fault = faultOf(field, value, settings)
  const range = fault && rangeOf(fault)
  const expected = fault && (fault.whole ? t('runs.expected_whole', { range }) : t('runs.expected', { range }))
  const shared = {
    name: field,
    label: t(`runs.field.${plainName(field)}`),
    description: t(`runs.about.${plainName(field)}`),
    error: refused ?? expected,
    value,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  }
  const choices = CHOICES[field]
  if (choices) return <NativeSelect {...shared} data={choices.map((kind) => ({ value: kind, label: t(`runs.choice.${kind}`) }))} />
  if (field === 'recompute') {
    const { name, label, description, error } = shared
    return <Checkbox {...{ name, label, description, error }} checked={value === 'true'} onChange={(event) => onChange(String(event.currentTarget.checked))} />
  }
  if (field === 'tuning.targets') return <Textarea {...shared} autosize minRows={3} spellCheck={false} styles={{ input: { fontFamily: 'monospace' } }} />
  return <TextInput {...shared} inputMode="decimal" autoComplete="off" />
}
