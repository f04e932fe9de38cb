// What is in a data set, or became of it: counts, what cannot be taken over and why, and taking it over.
import { Anchor, Badge, Button, Card, Checkbox, Group, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Import } from '../../api/client'
import { useLeftOut } from '../../api/queries'
import { Asked } from '../Asked'

export function Contents({ set, busy, onTake }: { set: Import; busy: boolean; onTake(leaveOut: boolean): void }) {
  const { t } = useTranslation()
  const [leaveOut, setLeaveOut] = useState(false)
  const { counts } = set
  const done = set.state === 'finished'
  const facts: [string, number | undefined][] = done
    ? [[t('imports.f_images'), counts.images], [t('imports.f_known'), counts.known], [t('imports.f_annotations'), counts.annotations], [t('imports.f_regions'), counts.regions],
        [t('imports.f_concepts'), counts.concepts], [t('imports.f_waiting'), counts.waiting], [t('imports.f_left_out'), counts.left_out_count]]
    : [[t('imports.f_images'), counts.images], [t('imports.f_regions'), counts.regions], [t('imports.f_texts'), counts.texts], [t('imports.f_concepts'), counts.concepts],
        [t('imports.f_left_out'), counts.left_out_count]]
  const out = counts.left_out_count ?? 0
  const unknown = Object.entries(counts.unknown ?? {})
  return (
    <Stack gap="xs">
      {!done && <Title order={2} size="h4">{t('imports.result')}</Title>}
      <SimpleGrid cols={facts.length}>
        {facts.map(([label, value]) => (
          <Card key={label} withBorder p="sm">
            <Text size="sm" c="gray.4">{label}</Text>
            <Text size="xl" fw={600}>{value ?? 0}</Text>
          </Card>
        ))}
      </SimpleGrid>
      {!done && (
        <Group gap="xs">
          {Object.entries(counts.splits ?? {}).map(([split, images]) => <Badge key={split} variant="outline" color="gray">{split === '' ? t('imports.no_split') : t(`split.${split}`)}: {images}</Badge>)}
          <Text size="sm" c="gray.4">{t('imports.patients')}</Text>
        </Group>
      )}
      {unknown.length > 0 && <Text>{t('imports.unknown')}: {unknown.map(([name, images]) => `${name} (${images})`).join(', ')}</Text>}
      {out > 0 && <LeftOut key={out} set={set} done={done} />}
      {!done && out > 0 && (counts.images ?? 0) > 0 && <Checkbox label={t('imports.leave_out', { count: out })} checked={leaveOut} onChange={(event) => setLeaveOut(event.currentTarget.checked)} />}
      {!done && <Group><Button size="md" disabled={busy || (counts.images ?? 0) === 0 || (out > 0 && !leaveOut)} onClick={() => onTake(leaveOut)}>{t('imports.take')}</Button></Group>}
    </Stack>
  )
}

function LeftOut({ set, done }: { set: Import; done: boolean }) {
  const { t } = useTranslation()
  const [after, setAfter] = useState(0)
  const rows = useLeftOut(set.id, after, set.counts.left_out_count ?? 0)
  return (
    <Asked query={rows}>
      {({ left_out, next }) => (
        <>
          <Group justify="space-between">
            <Title order={done ? 2 : 3} size="h5">{t('imports.left_out')}</Title>
            <Group gap="md">
              <Anchor href={`/api/imports/${set.id}/left-out/csv`} download size="sm">{t('imports.as_csv')}</Anchor>
              <Anchor href={`/api/imports/${set.id}/left-out/jsonl`} download size="sm">{t('imports.as_jsonl')}</Anchor>
            </Group>
          </Group>
          <Table aria-label={t('imports.left_out')}>
            <Table.Thead>
              <Table.Tr><Table.Th>{t('imports.where')}</Table.Th><Table.Th>{t('imports.why')}</Table.Th></Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {left_out.map(({ number, file, line, reason }) => (
                <Table.Tr key={number}>
                  <Table.Td>{file}{line != null && `, ${t('imports.line', { line })}`}</Table.Td>
                  <Table.Td>{reason}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Group>
            {after > 0 && <Button size="compact-sm" variant="default" onClick={() => setAfter(0)}>{t('worklist.first')}</Button>}
            {next != null && <Button size="compact-sm" variant="default" onClick={() => setAfter(next)}>{t('worklist.more')}</Button>}
          </Group>
        </>
      )}
    </Asked>
  )
}
