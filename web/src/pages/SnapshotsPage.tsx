import { Alert, Anchor, Card, Container, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { useConcepts, useCutSnapshot, useProject, useSnapshots } from '../api/queries'
import { minuteOf } from '../model/moment'
import { may } from '../model/roles'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'
import { CutForm, told } from '../panels/snapshots/CutForm'
import { Files } from '../panels/snapshots/Files'

export default function SnapshotsPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const snapshots = useSnapshots(project)
  const cut = useCutSnapshot(project)
  const concepts = useConcepts(project)
  const manages = may(useProject(project).data?.role, 'manage')
  // The snapshot that says the same as the one asked for, so that none was made.
  const [same, setSame] = useState<string | null>(null)
  const make = (asked: Parameters<typeof cut.mutate>[0]) => {
    const known = snapshots.data?.snapshots ?? []
    setSame(null)
    cut.mutate(asked, {
      onSuccess: (made) => setSame(known.some(({ id }) => id === made.id) ? made.name : null),
    })
  }
  return (
    <Container py="lg">
      <Stack>
        <PageTitle>{t('nav.snapshots')}</PageTitle>
        <CutForm key={cut.data?.id} project={project} concepts={concepts.data?.concepts ?? []} busy={cut.isPending} onCut={make} />
        <Refusal error={cut.error} />
        {same !== null && <Alert role="status">{t('snapshots.same', { name: same })}</Alert>}
        <Asked query={snapshots}>
          {({ snapshots: found }) => (
            <>
              {found.length === 0 && <Text>{t('snapshots.none')}</Text>}
              {found.length > 1 && <Anchor component={Link} to={`/projects/${project}/snapshots/differences`} size="sm">{t('snapshots.compare')}</Anchor>}
              {found.map(({ id, name: called, created_at, manifest: { counts } }) => (
                <Card key={id} withBorder>
                  <Group justify="space-between">
                    <div>
                      <Text fw={600}>{called}</Text>
                      <Text size="sm" c="gray.4" ff="monospace">{id.slice(0, 16)} · {minuteOf(created_at)} UTC</Text>
                      <Text size="sm">{t('snapshots.counts', told(counts))}</Text>
                    </div>
                    <Files snapshot={id} name={called} manages={manages} />
                  </Group>
                </Card>
              ))}
            </>
          )}
        </Asked>
      </Stack>
    </Container>
  )
}
