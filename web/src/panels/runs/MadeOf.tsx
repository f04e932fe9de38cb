// What a run is made of: its snapshot, its base, each of its settings.
import { Anchor, Table } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { Run } from '../../api/client'
import { draftOf } from '../../state/runSettings'
import { useSettingNames } from './names'

export function MadeOf({ run, project }: { run: Run; project: string }) {
  const { t } = useTranslation()
  const { nameOf, valueOf } = useSettingNames(project)
  const base = run.base.kind === 'published' ? run.base.id : run.base.name
  const rows = [['snapshot', run.snapshot], ['base', base], ...Object.entries(draftOf(run.config, null))] as const
  return (
    <details>
      <summary>{t('runs.settings')}</summary>
      <Table w="auto">
        <Table.Tbody>
          {run.cloned_from && (
            <Table.Tr>
              <Table.Th scope="row">{t('runs.clone_of')}</Table.Th>
              <Table.Td><Anchor component={Link} to={`/projects/${project}/runs/${run.cloned_from}`}>{run.cloned_from}</Anchor></Table.Td>
            </Table.Tr>
          )}
          {rows.map(([name = '', value = '']) => <Table.Tr key={name}><Table.Th scope="row">{nameOf(name)}</Table.Th><Table.Td style={{ whiteSpace: 'pre-wrap' }}>{valueOf(name, value)}</Table.Td></Table.Tr>)}
        </Table.Tbody>
      </Table>
    </details>
  )
}
