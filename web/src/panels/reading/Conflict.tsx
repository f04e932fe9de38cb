// Two versions of one annotation: what each says otherwise, thing by thing, for the reader to settle.
import { Button, Card, Group, Modal, ScrollArea, SegmentedControl, Stack, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Annotation, Content } from '../../api/client'
import { differences, merged, nameOf, pickOf, settled, type Difference, type Picks, type Side } from '../../state/merge'

interface Props {
  theirs: Annotation
  mine: Content
  conceptName(concept: string): string
  onResolve(theirs: Annotation, content: Content): void
}
const SIDES: readonly Side[] = ['mine', 'theirs']

export function Conflict({ theirs, mine, conceptName, onResolve }: Props) {
  const { t } = useTranslation()
  const [picks, setPicks] = useState<Picks>({})
  const open = useMemo(() => differences(mine, theirs.content), [mine, theirs])
  const pick = (difference: Difference, field: string | undefined, side: Side) => setPicks({ ...picks, [nameOf(difference, field)]: side })
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} size="xl" title={t('read.conflict_title')}>
      <Stack>
        <Text>{t('read.conflict_text', { theirs: theirs.content.regions.length, mine: mine.regions.length })}</Text>
        <ScrollArea.Autosize mah={360}>
          <Stack gap="xs">
            {open.map((difference) => (
              <Card key={nameOf(difference)} withBorder p="xs" data-testid="difference">
                <Text size="sm" fw={600}>{t(`part.${difference.part}`)} {titleOf(difference, conceptName)}</Text>
                {difference.fields.length === 0 && <Choice difference={difference} picks={picks} onPick={pick} />}
                {difference.fields.map((field) => <Choice key={field} difference={difference} field={field} picks={picks} onPick={pick} />)}
              </Card>
            ))}
          </Stack>
        </ScrollArea.Autosize>
        <Group>
          <Button onClick={() => onResolve(theirs, settled(mine, theirs.content, picks))}>{t('read.as_chosen')}</Button>
          <Button variant="default" onClick={() => onResolve(theirs, merged(mine, theirs.content))}>{t('read.both')}</Button>
          <Button variant="default" onClick={() => onResolve(theirs, mine)}>{t('read.mine')}</Button>
          <Button variant="default" onClick={() => onResolve(theirs, theirs.content)}>{t('read.theirs')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}

interface ChoiceProps {
  difference: Difference
  field?: string
  picks: Picks
  onPick(difference: Difference, field: string | undefined, side: Side): void
}

// What both say, one above the other, and which of them is kept.
function Choice({ difference, field, picks, onPick }: ChoiceProps) {
  const { t } = useTranslation()
  const said = (side: Side) => {
    const fields = difference[side]
    if (!fields) return t('read.not_there')
    return field ? shown(fields[field]) : Object.entries(fields).filter(([name]) => name.includes('.') || name === 'bbox' || name === 'reason').map(([, value]) => shown(value)).join(' · ')
  }
  return (
    <Group wrap="nowrap" align="flex-start" gap="sm" my={2}>
      <SegmentedControl
        size="xs"
        aria-label={[t(`part.${difference.part}`), field].filter(Boolean).join(' ')}
        value={pickOf(picks, difference, field)}
        onChange={(side) => onPick(difference, field, side === 'mine' ? 'mine' : 'theirs')}
        data={SIDES.map((side) => ({ value: side, label: t(`version.${side}`) }))}
      />
      <div>
        {SIDES.map((side) => <Text key={side} size="sm" c={pickOf(picks, difference, field) === side ? undefined : 'gray.5'}>{t(`version.${side}`)}: {said(side) || '–'}</Text>)}
      </div>
    </Group>
  )
}

function titleOf({ part, key, mine, theirs }: Difference, conceptName: (concept: string) => string): string {
  const concept = part === 'findings' ? key : (mine?.['concept'] ?? theirs?.['concept'])
  return typeof concept === 'string' ? conceptName(concept) : ''
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map((part) => (typeof part === 'number' ? part.toFixed(1) : String(part))).join(', ')
  return value === undefined || value === null ? '' : String(value)
}
