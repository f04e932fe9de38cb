import { Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Suggestion } from '../../api/client'
import { percentOf, wordFor } from '../../model/confidence'

// In words and as a number where it means what it says; else the number, and that it does not.
const confidenceIn = (t: TFunction, { confidence, calibrated }: Suggestion) =>
  calibrated ? t('read.sure', { word: t(`sureness.${wordFor(confidence)}`), percent: percentOf(confidence) }) : t('read.confidence', { percent: percentOf(confidence) })

interface Props {
  suggestions: readonly Suggestion[]
  offered: string | undefined
  nameOf(concept: string): string
  onSelect(id: string): void
  onAccept(suggestion: Suggestion, stay: boolean): void
  onReject(suggestion: Suggestion): void
}

export function SuggestionPanel({ suggestions, offered, nameOf, onSelect, onAccept, onReject }: Props) {
  const { t } = useTranslation()
  return (
    <Stack gap="xs">
      <Title order={2} size="h6">{t('read.suggestions')} ({suggestions.length})</Title>
      {suggestions.map((suggestion) => (
        <Card
          key={suggestion.id}
          p="xs"
          withBorder
          data-testid="suggestion"
          style={{ borderStyle: 'dashed', borderColor: suggestion.id === offered ? '#ffd43b' : '#ff9bd2' }}
          onClick={() => onSelect(suggestion.id)}
        >
          <Group justify="space-between"><Text fw={600} size="sm">{nameOf(suggestion.concept)}</Text></Group>
          <Text size="xs" c="gray.4" title={suggestion.calibrated ? t('read.calibrated') : t('read.uncalibrated')}>{confidenceIn(t, suggestion)} · {suggestion.model_name}</Text>
          {Object.entries(suggestion.texts).map(([lang, text]) => <Text key={lang} size="sm" lang={lang}>{text}</Text>)}
          {/* What a button decides is not undone by the card's own click, which chooses the suggestion. */}
          <Group gap={6} mt={4} onClick={(event) => event.stopPropagation()}>
            <Button size="compact-sm" onClick={() => onAccept(suggestion, false)}>{t('read.accept')} (A)</Button>
            <Button size="compact-sm" variant="default" onClick={() => onAccept(suggestion, true)}>{t('read.adjust')} (E)</Button>
            <Button size="compact-sm" variant="default" onClick={() => onReject(suggestion)}>{t('read.reject')} (R)</Button>
          </Group>
        </Card>
      ))}
    </Stack>
  )
}
