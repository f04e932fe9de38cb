// Labels of the whole image, and the verdict where nothing is marked.
import { CloseButton, Group, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Concept, Finding, Verdict } from '../../api/client'
import type { Action } from '../../state/annotation'
import { ConceptPicker } from './ConceptPicker'
import { LeaveCard } from './LeaveCard'
import { Presences } from './Presences'

interface Props {
  findings: readonly Finding[]
  verdict: Verdict | null
  concepts: readonly Concept[]
  nameOf(concept: string): string
  dispatch(action: Action): void
}

export function FindingsPanel({ findings, verdict, concepts, nameOf, dispatch }: Props) {
  const { t } = useTranslation()
  const labelled = new Set(findings.map(({ concept }) => concept))
  return (
    <Stack gap="xs">
      <Judged verdict={verdict} dispatch={dispatch} />
      <LeaveCard aria-label={t('read.add_label')}>
        <ConceptPicker
          // A fresh one after each choice: what was chosen stands below, not in the field.
          key={findings.length}
          label={t('read.add_label')}
          placeholder={t('read.choose')}
          concepts={concepts.filter(({ key }) => !labelled.has(key))}
          value={null}
          onChoose={(concept) => concept && dispatch({ kind: 'label', concept, presence: 'present' })}
        />
      </LeaveCard>
      {findings.map(({ concept, presence = 'present' }) => (
        <LeaveCard key={concept} aria-label={nameOf(concept)} data-testid="finding">
          <Group justify="space-between" wrap="nowrap"><Text size="sm">{nameOf(concept)}</Text><CloseButton size="sm" aria-label={`${t('read.delete')}: ${nameOf(concept)}`} onClick={() => dispatch({ kind: 'label', concept, presence: null })} /></Group>
          <Presences value={presence} onChange={(chosen) => dispatch({ kind: 'label', concept, presence: chosen })} />
        </LeaveCard>
      ))}
    </Stack>
  )
}

const VERDICTS = ['open', 'nothing_found', 'not_assessable'] as const

function Judged({ verdict, dispatch }: Pick<Props, 'verdict' | 'dispatch'>) {
  const { t } = useTranslation()
  const judge = (kind: string) => {
    if (kind === verdict?.kind) return
    dispatch({ kind: 'judge', verdict: kind === 'nothing_found' ? { kind } : kind === 'not_assessable' ? { kind, reason: '' } : null })
  }
  return (
    <LeaveCard aria-label={t('read.verdict')}>
      <Text size="sm" mb={4}>{t('read.verdict')}</Text>
      <SegmentedControl
        size="xs"
        orientation="vertical"
        fullWidth
        aria-label={t('read.verdict')}
        value={verdict?.kind ?? 'open'}
        onChange={judge}
        data={VERDICTS.map((kind) => ({ value: kind, label: t(`verdict.${kind}`) }))}
      />
      {verdict?.kind === 'not_assessable' && (
        <Textarea
          size="xs"
          mt={6}
          autosize
          label={t('read.reason')}
          value={verdict.reason ?? ''}
          onChange={(event) => dispatch({ kind: 'judge', verdict: { kind: 'not_assessable', reason: event.currentTarget.value } })}
          onBlur={() => dispatch({ kind: 'settle' })}
        />
      )}
    </LeaveCard>
  )
}
