import { Alert, Anchor, Button, Card, Container, Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'
import type { Snapshot } from '../api/client'
import { useCutSnapshot, useSnapshots } from '../api/queries'
import { minuteOf } from '../model/moment'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'

export default function SnapshotsPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const snapshots = useSnapshots(project)
  const cut = useCutSnapshot(project)
  const [name, setName] = useState('')
  // The snapshot that says the same as the one asked for, so that none was made.
  const [same, setSame] = useState<string | null>(null)
  const make = () => {
    const known = snapshots.data?.snapshots ?? []
    setSame(null)
    cut.mutate(name, {
      onSuccess: (made) => (known.some(({ id }) => id === made.id) ? setSame(made.name) : setName('')),
    })
  }
  return (
    <Container py="lg">
      <Stack>
        <PageTitle>{t('nav.snapshots')}</PageTitle>
        <Group align="flex-end">
          <TextInput label={t('snapshots.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Button loading={cut.isPending} onClick={make}>{t('snapshots.cut')}</Button>
        </Group>
        <Refusal error={cut.error} />
        {same !== null && <Alert role="status">{t('snapshots.same', { name: same })}</Alert>}
        <Asked query={snapshots}>
          {({ snapshots: found }) => (
            <>
              {found.length === 0 && <Text>{t('snapshots.none')}</Text>}
              {found.map(({ id, name: called, created_at, manifest: { counts } }) => (
                <Card key={id} withBorder>
                  <Group justify="space-between">
                    <div>
                      <Text fw={600}>{called}</Text>
                      <Text size="sm" c="gray.4" ff="monospace">{id.slice(0, 16)} · {minuteOf(created_at)} UTC</Text>
                      <Text size="sm">{t('snapshots.counts', told(counts))}</Text>
                    </div>
                    <Stack gap={4}>
                      <Anchor href={`/api/snapshots/${id}/export?format=medreginstruct`} download>{t('snapshots.export')}</Anchor>
                      <Anchor href={`/api/snapshots/${id}/export?format=medreg`} download>{t('snapshots.export_own')}</Anchor>
                    </Stack>
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

const told = ({ train, val, test }: Snapshot['manifest']['counts']) => ({
  train: train.images, val: val.images, test: test.images, regions: train.regions + val.regions + test.regions,
})
