// Notes and tags of a run. What somebody else wrote meanwhile is shown, and nothing is written over it unasked.
import { Alert, Badge, Button, Card, Group, Stack, TagsInput, Text, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, type Run } from '../../api/client'
import { annotateRun, useRuns } from '../../api/queries'
import { Refusal } from '../Refusal'

interface Written {
  based_on: number
  notes: string
  tags: string[]
}
const writtenIn = (run: Run): Written => ({ based_on: run.notes_revision, notes: run.notes, tags: run.tags })
// What is there now, where that is why a change was refused.
const currentIn = (error: Error | null): Run | null =>
  error instanceof ApiError && error.code === 'stale_revision' ? (error.details as { current: Run }).current : null

export function Notes({ run, onChange }: { run: Run; onChange(run: Run): void }) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<Written | null>(null)
  if (draft) return <Editor run={run} draft={draft} setDraft={setDraft} onChange={onChange} />
  return (
    <Group align="flex-start" justify="space-between" wrap="nowrap">
      <Stack gap={4}>
        <Group gap={4}>{run.tags.map((tag) => <Badge key={tag} variant="default" tt="none">{tag}</Badge>)}</Group>
        {run.notes && <Text style={{ whiteSpace: 'pre-wrap' }}>{run.notes}</Text>}
      </Stack>
      <Button variant="default" size="compact-sm" onClick={() => setDraft(writtenIn(run))}>{t('runs.annotate')}</Button>
    </Group>
  )
}

interface EditorProps {
  run: Run
  draft: Written
  setDraft(draft: Written | null): void
  onChange(run: Run): void
}
function Editor({ run, draft, setDraft, onChange }: EditorProps) {
  const { t } = useTranslation()
  const known = useRuns(run.project_id, { tag: '', text: '', after: null }).data?.tags ?? []
  const save = useMutation({ mutationFn: annotateRun })
  const go = (written: Written) =>
    save.mutate({ run: run.id, ...written }, {
      onSuccess: (news) => {
        onChange(news)
        setDraft(null)
      },
    })
  const current = currentIn(save.error)
  const take = (theirs: Run) => {
    onChange({ ...run, notes: theirs.notes, tags: theirs.tags, notes_revision: theirs.notes_revision })
    setDraft(null)
  }
  return (
    <Card withBorder component="form" onSubmit={(event) => { event.preventDefault(); go(draft) }}>
      <Stack>
        <TagsInput label={t('runs.tags')} description={t('runs.tags_text')} data={known} maxTags={20} value={draft.tags} onChange={(tags) => setDraft({ ...draft, tags })} />
        <Textarea label={t('runs.notes')} description={t('runs.notes_text')} autosize minRows={2} maxLength={10000} value={draft.notes} onChange={(event) => setDraft({ ...draft, notes: event.currentTarget.value })} />
        {current ? (
          <Alert color="yellow" role="alert" title={t('read.conflict_title')}>
            <Group gap={4}>{current.tags.map((tag) => <Badge key={tag} variant="default" tt="none">{tag}</Badge>)}</Group>
            <Text style={{ whiteSpace: 'pre-wrap' }}>{current.notes}</Text>
            <Group mt="sm">
              <Button size="compact-sm" variant="default" onClick={() => take(current)}>{t('read.theirs')}</Button>
              <Button size="compact-sm" variant="default" onClick={() => go({ ...draft, based_on: current.notes_revision })}>{t('read.mine')}</Button>
            </Group>
          </Alert>
        ) : <Refusal error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setDraft(null)}>{t('app.cancel')}</Button>
          <Button type="submit" loading={save.isPending}>{t('runs.save')}</Button>
        </Group>
      </Stack>
    </Card>
  )
}
