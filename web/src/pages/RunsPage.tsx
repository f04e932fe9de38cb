import { Anchor, Badge, Button, Checkbox, Container, Group, NativeSelect, Stack, Table, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import type { Run } from '../api/client'
import { useProject, useRuns } from '../api/queries'
import { may } from '../model/roles'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'

// So many runs are compared at once.
const MOST_COMPARED = 6

export default function RunsPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const trains = may(useProject(project).data?.role, 'train')
  const [tag, setTag] = useState('')
  const [typed, setTyped] = useState('')
  const [text] = useDebouncedValue(typed, 300)
  const [after, setAfter] = useState<string | null>(null)
  // Kept while pages and filters change: runs far apart are compared too.
  const [chosen, setChosen] = useState<readonly string[]>([])
  const runs = useRuns(project, { tag, text, after })
  const choose = (id: string) => setChosen((before) => (before.includes(id) ? before.filter((other) => other !== id) : [...before, id]))
  return (
    <Container py="lg" size="lg">
      <Stack>
        <Group justify="space-between">
          <PageTitle>{t('nav.runs')}</PageTitle>
          {trains && (
            <Group>
              <Text size="sm" aria-live="polite">{t('runs.chosen', { chosen: chosen.length, most: MOST_COMPARED })}</Text>
              {chosen.length < 2
                ? <Button variant="default" disabled>{t('runs.compare')}</Button>
                : <Button variant="default" component={Link} to={`/projects/${project}/runs/compare?runs=${chosen.join(',')}`}>{t('runs.compare')}</Button>}
              <Button component={Link} to={`/projects/${project}/runs/new`}>{t('runs.launch')}</Button>
            </Group>
          )}
        </Group>
        <Asked query={runs}>
          {(page) => (
            <>
              <Group align="flex-end">
                <TextInput label={t('runs.search')} value={typed} onChange={(e) => { setTyped(e.currentTarget.value); setAfter(null) }} />
                <NativeSelect
                  label={t('runs.tag')}
                  value={tag}
                  onChange={(e) => { setTag(e.currentTarget.value); setAfter(null) }}
                  data={[{ value: '', label: t('worklist.all') }, ...page.tags.map((known) => ({ value: known, label: known }))]}
                />
              </Group>
              {page.runs.length === 0
                ? <Text>{tag || text ? t('runs.none_so') : t('runs.none')}</Text>
                : <Found project={project} runs={page.runs} chosen={chosen} choose={trains ? choose : null} />}
              <Group>
                {after && <Button variant="default" onClick={() => setAfter(null)}>{t('worklist.first')}</Button>}
                {page.next && <Button variant="default" onClick={() => setAfter(page.next ?? null)}>{t('worklist.more')}</Button>}
              </Group>
            </>
          )}
        </Asked>
      </Stack>
    </Container>
  )
}

interface FoundProps {
  project: string
  runs: readonly Run[]
  chosen: readonly string[]
  choose: ((id: string) => void) | null
}
function Found({ project, runs, chosen, choose }: FoundProps) {
  const { t } = useTranslation()
  return (
    <Table highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          {choose && <Table.Th>{t('runs.compare')}</Table.Th>}
          <Table.Th>{t('runs.name')}</Table.Th>
          <Table.Th>{t('runs.tags')}</Table.Th>
          <Table.Th>{t('worklist.state')}</Table.Th>
          <Table.Th>{t('runs.steps')}</Table.Th>
          <Table.Th>{t('runs.launched')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {runs.map((run) => (
          <Table.Tr key={run.id}>
            {choose && (
              <Table.Td>
                <Checkbox
                  aria-label={t('runs.choose', { name: run.name })}
                  checked={chosen.includes(run.id)}
                  disabled={chosen.length >= MOST_COMPARED && !chosen.includes(run.id)}
                  onChange={() => choose(run.id)}
                />
              </Table.Td>
            )}
            <Table.Td><Anchor component={Link} to={`/projects/${project}/runs/${run.id}`} fw={600}>{run.name}</Anchor></Table.Td>
            <Table.Td><Group gap={4}>{run.tags.map((tag) => <Badge key={tag} variant="default" tt="none">{tag}</Badge>)}</Group></Table.Td>
            <Table.Td><Badge variant="outline">{t(`state.${run.state}`)}</Badge></Table.Td>
            <Table.Td>{t('runs.progress', { done: run.done, total: run.total || run.config.steps })}</Table.Td>
            <Table.Td>{run.created_at.slice(0, 16).replace('T', ' ')}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
