import { Button, Card, Container, Group, Select, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams, useSearchParams } from 'react-router'
import type { CaseDifference, Concept, Differences, Snapshot } from '../api/client'
import { useDifferences, useSnapshots } from '../api/queries'
import { conceptName } from '../i18n/conceptName'
import { languageName } from '../i18n/names'
import { minuteOf } from '../model/moment'
import { Asked } from '../panels/Asked'
import { CaseLink } from '../panels/CaseLink'
import { PageTitle } from '../panels/PageTitle'
import { Changes } from '../panels/snapshots/Changes'
import { Moves } from '../panels/snapshots/Moves'

// The address holds which two are compared, so that it can be handed on.
export default function DifferencesPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const snapshots = useSnapshots(project)
  return (
    <Container py="lg">
      <Stack>
        <PageTitle>{t('differences.title')}</PageTitle>
        <Asked query={snapshots}>{({ snapshots: known }) => <Pair project={project} known={known} />}</Asked>
      </Stack>
    </Container>
  )
}

function Pair({ project, known }: { project: string; known: readonly Snapshot[] }) {
  const { t } = useTranslation()
  const [search, setSearch] = useSearchParams()
  // The newest against the one before it, where nothing else is asked for.
  const [before = '', after = ''] = [search.get('before') ?? known[1]?.id, search.get('after') ?? known[0]?.id]
  if (known.length < 2) return <Text>{t('differences.too_few')}</Text>
  const data = known.map(({ id, name, created_at }) => ({ value: id, label: `${name} · ${minuteOf(created_at)} UTC` }))
  const ask = (pair: Record<string, string | null>) =>
    setSearch((was) => ({ before, after, ...Object.fromEntries(was), ...Object.fromEntries(Object.entries(pair).map(([end, id]) => [end, id ?? ''])) }), { replace: true })
  const concepts = known.find(({ id }) => id === after)?.manifest.ontology ?? []
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select label={t('differences.before')} data={data} value={before} onChange={(id) => ask({ before: id })} allowDeselect={false} />
        <Select label={t('differences.after')} data={data} value={after} onChange={(id) => ask({ after: id })} allowDeselect={false} />
      </SimpleGrid>
      <Compared key={before + after} project={project} before={before} after={after} concepts={concepts} />
    </>
  )
}

interface ComparedProps {
  project: string
  before: string
  after: string
  concepts: readonly Concept[]
}

function Compared({ project, before, after, concepts }: ComparedProps) {
  const { t } = useTranslation()
  const [from, setFrom] = useState<string | null>(null)
  const differences = useDifferences(before, after, from)
  return (
    <Asked query={differences}>
      {({ totals, settings, cases, next }) => (
        <>
          <Totals totals={totals} />
          <Settings settings={settings} concepts={concepts} />
          {cases.map((differs) => <Case key={differs.image} project={project} differs={differs} concepts={concepts} />)}
          <Group>
            {from && <Button variant="default" onClick={() => setFrom(null)}>{t('worklist.first')}</Button>}
            {next && <Button variant="default" onClick={() => setFrom(next)}>{t('worklist.more')}</Button>}
          </Group>
        </>
      )}
    </Asked>
  )
}

function Totals({ totals: { texts_edited, ...totals } }: Pick<Differences, 'totals'>) {
  const { t } = useTranslation()
  const kinds = ['cases_changed', 'cases_added', 'cases_removed', 'cases_unchanged', 'regions_added', 'regions_removed', 'boxes_moved', 'concepts_changed'] as const
  const counted: [string, number][] = kinds.map((kind) => [t(`differences.total.${kind}`), totals[kind]])
  const edited = Object.entries(texts_edited).map(([lang, count]): [string, number] => [t('differences.edited', { lang: languageName(lang) }), count])
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} component="dl" m={0}>
      {[...counted, ...edited].map(([name, count]) => (
        <div key={name}>
          <Text component="dt" size="sm" c="gray.4">{name}</Text>
          <Text component="dd" m={0} fw={600} c={count === 0 ? 'gray.5' : undefined}>{count}</Text>
        </div>
      ))}
    </SimpleGrid>
  )
}

function Settings({ settings, concepts }: { settings: Differences['settings']; concepts: readonly Concept[] }) {
  const { t, i18n } = useTranslation()
  const named = (keys: readonly string[]) => keys.map((key) => conceptName(concepts, key, i18n.language) ?? key).join(', ')
  const shares = ({ val, test }: { val: number; test: number }) => t('differences.shares', { val, test })
  const { project_name: name, langs, shares: split, filter, guideline, concepts_added: added, concepts_removed: removed, concepts_changed: changed } = settings
  const lines = [
    name && t('differences.turned', { part: t('differences.project_name'), ...name }),
    langs && t('differences.turned', { part: t('differences.langs'), from: langs.from.map(languageName).join(', '), to: langs.to.map(languageName).join(', ') }),
    split && t('differences.turned', { part: t('differences.splits'), from: shares(split.from), to: shares(split.to) }),
    filter && t('differences.filter'),
    guideline && t('differences.guideline'),
    added.length > 0 && t('differences.concepts_added', { names: named(added) }),
    removed.length > 0 && t('differences.concepts_removed', { names: named(removed) }),
    changed.length > 0 && t('differences.concepts_changed', { names: named(changed) }),
  ].filter((line) => typeof line === 'string')
  if (lines.length === 0) return null
  return (
    <Card withBorder>
      <Title order={2} size="h5">{t('differences.settings')}</Title>
      {lines.map((line) => <Text key={line} size="sm">{line}</Text>)}
    </Card>
  )
}

function Case({ project, differs, concepts }: { project: string; differs: CaseDifference; concepts: readonly Concept[] }) {
  const { t } = useTranslation()
  const changes = differs.became === 'changed' ? differs.changes : []
  return (
    <Card withBorder>
      <Group align="flex-start" wrap="nowrap">
        <Stack gap={4} style={{ flex: 1, minWidth: 0 }}>
          <CaseLink project={project} image={differs.image} opens />
          {differs.became === 'changed' ? <Changes changes={changes} concepts={concepts} /> : <Text size="sm">{t(`differences.became.${differs.became}`, { n: differs.regions })}</Text>}
        </Stack>
        <Moves differs={differs} changes={changes} />
      </Group>
    </Card>
  )
}
