// How many cases went which way, and what second readers changed of them.
import { Table, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useRoutes } from '../api/queries'
import { percent } from '../model/written'
import { Asked } from './Asked'

const REASONS = ['disagreement', 'junior', 'audit'] as const

export function Routes({ project }: { project: string }) {
  const { t } = useTranslation()
  const routes = useRoutes(project)
  return (
    <section data-testid="routes">
      <Title order={2} size="h4">{t('routing.counts')}</Title>
      <Asked query={routes}>
        {(found) => (
          <>
            <Text size="sm">{t('routing.unread', { accept: found.accept_after_review, expert: found.expert_first, accepted: found.accepted })}</Text>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('routing.reason')}</Table.Th>
                  <Table.Th>{t('routing.waiting')}</Table.Th>
                  <Table.Th>{t('routing.read')}</Table.Th>
                  <Table.Th>{t('routing.changed')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {REASONS.map((reason) => (
                  <Table.Tr key={reason}>
                    <Table.Th scope="row">{t(`second.${reason}`)}</Table.Th>
                    <Table.Td>{found[reason].waiting}</Table.Td>
                    <Table.Td>{found[reason].read}</Table.Td>
                    <Table.Td>{found[reason].read > 0 ? `${String(found[reason].changed)} (${percent(found[reason].changed / found[reason].read)})` : '–'}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </>
        )}
      </Asked>
    </section>
  )
}
