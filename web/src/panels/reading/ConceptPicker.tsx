import { Select, Text, type ComboboxItem, type SelectProps } from '@mantine/core'
import { useMemo, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { Concept } from '../../api/client'
import { searchConcepts } from '../../state/search'

interface Props extends Pick<SelectProps, 'label' | 'placeholder' | 'aria-label'> {
  concepts: readonly Concept[]
  value: string | null
  onChoose(concept: string | null): void
}

// A concept by any of its words in either language, without the mouse: type, Enter.
export function ConceptPicker({ concepts, value, onChoose, ...props }: Props) {
  const { t } = useTranslation()
  const options = useMemo(() => concepts.map((concept) => ({ value: concept.key, label: labelOf(concept) })), [concepts])
  const found = (typed: string) => {
    // What stands there when the list opens is the chosen one's own label: that is no search.
    const chosen = options.find((option) => option.value === value)
    return searchConcepts(concepts, typed === chosen?.label ? '' : typed)
  }
  return (
    <Select
      size="sm"
      searchable
      selectFirstOptionOnChange
      allowDeselect={false}
      data={options}
      value={value}
      nothingFoundMessage={t('read.no_concept')}
      filter={({ search }) => found(search).map((concept): ComboboxItem => ({ value: concept.key, label: labelOf(concept) }))}
      renderOption={({ option }) => <Option concept={concepts.find(({ key }) => key === option.value)} />}
      onChange={onChoose}
      // What is typed takes the place of what stands there.
      onFocus={(event) => event.currentTarget.select()}
      onKeyDownCapture={takeSeen}
      data-picker
      {...props}
    />
  )
}

// Enter takes the option that is seen as chosen. The list itself goes by a number that it settles a moment later, and an Enter
// that follows closely would take none.
function takeSeen(event: KeyboardEvent<HTMLInputElement>) {
  if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.nativeEvent.isComposing) return
  const list = document.getElementById(event.currentTarget.getAttribute('aria-controls') ?? '')
  const seen = list?.querySelector<HTMLElement>('[role=option][data-combobox-selected]')
  if (!seen) return
  event.preventDefault()
  event.stopPropagation()
  seen.click()
}

function Option({ concept }: { concept: Concept | undefined }) {
  if (!concept) return null
  const other = [...Object.values(concept.synonyms ?? {}).flat(), ...Object.entries(concept.codes ?? {}).map(([name, code]) => `${name} ${code}`)]
  return (
    <div>
      <Text size="sm">{labelOf(concept)}</Text>
      {other.length > 0 && <Text size="xs" c="gray.4" lineClamp={1}>{other.join(' · ')}</Text>}
    </div>
  )
}

const labelOf = ({ names }: Concept) => Object.values(names).join(' · ')
