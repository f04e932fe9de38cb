// Cases whose work lies in this browser alone, after a visit that ended without the network.
import { Alert, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useSession } from '../api/queries'
import { unsent } from '../state/outbox'
import { CaseLink } from './CaseLink'

export function Unsent({ project }: { project?: string }) {
  const { t } = useTranslation()
  const reader = useSession().data?.id ?? ''
  const found = useQuery({ queryKey: ['unsent', reader], queryFn: () => unsent(reader), staleTime: 0, refetchInterval: 5000 }).data ?? []
  const here = found.filter((left) => project === undefined || left.project === project)
  if (here.length === 0) return null
  return (
    <Alert color="yellow" role="status" mb="sm" data-testid="unsent">
      <Text size="sm">{t('home.unsent')}</Text>
      <Group gap="sm">
        {here.map((left) => (
          <CaseLink key={left.image} project={left.project} image={left.image} opens c="inherit" underline="always" />
        ))}
      </Group>
    </Alert>
  )
}
