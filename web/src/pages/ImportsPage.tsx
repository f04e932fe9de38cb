import { Anchor, Button, Container, Group, Select, Stack, Table, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useParams } from 'react-router'
import { useBeginImport, useImports, useLayouts } from '../api/queries'
import { sizeOf } from '../model/amount'
import { layoutKey, layoutName } from '../model/layouts'
import { minuteOf } from '../model/moment'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'

// Data sets: a new one by its layout, and those of before.
export default function ImportsPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const imports = useImports(project)
  return (
    <Container py="lg">
      <Stack>
        <PageTitle>{t('imports.title')}</PageTitle>
        <Text>{t('imports.about')}</Text>
        <Begin project={project} />
        <Asked query={imports}>
          {({ imports: found }) =>
            found.length > 0 && (
              <>
                <Title order={2} size="h4">{t('imports.earlier')}</Title>
                <Table>
                  <Table.Tbody>
                    {found.map(({ id, format, state, files, bytes, begun_by, begun_at }) => (
                      <Table.Tr key={id}>
                        <Table.Td><Anchor component={Link} to={id} aria-label={`${t('imports.open')}: ${layoutName(format)}, ${minuteOf(begun_at)}`}>{layoutName(format)}</Anchor></Table.Td>
                        <Table.Td>{t(`import_state.${state}`)}</Table.Td>
                        <Table.Td>{files} · {sizeOf(bytes)}</Table.Td>
                        <Table.Td>{begun_by}</Table.Td>
                        <Table.Td>{minuteOf(begun_at)} UTC</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </>
            )
          }
        </Asked>
      </Stack>
    </Container>
  )
}

function Begin({ project }: { project: string }) {
  const { t } = useTranslation()
  const go = useNavigate()
  const layouts = useLayouts()
  const begin = useBeginImport(project)
  const [layout, setLayout] = useState<string | null>(null)
  const start = () => layout && begin.mutate(layout, { onSuccess: ({ id }) => void go(id) })
  return (
    <Asked query={layouts}>
      {({ layouts: known }) => (
        <>
          <Select label={t('imports.layout')} searchable data={known.map(({ name }) => ({ value: name, label: layoutName(name) }))} value={layout} onChange={setLayout} maw={420} />
          {layout && <Text>{t(`layout.${layoutKey(layout)}`)}</Text>}
          <Group><Button disabled={!layout} loading={begin.isPending} onClick={start}>{t('imports.begin')}</Button></Group>
          <Refusal error={begin.error} />
        </>
      )}
    </Asked>
  )
}
