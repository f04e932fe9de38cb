// Cases whose work lies in this browser alone, after a visit that ended without the network.
import { Alert, Anchor, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useSession } from '../api/queries'
import { unsent } from '../state/outbox'

export function Unsent({ project }: { project?: string }) {
  const { t } = useTranslation()
  const reader = useSession().data?.id ?? ''
  const found = useQuery({ queryKey: ['unsent', reader], queryFn: () => unsent(reader), staleTime: 0, refetchInterval: 5000 }).data ?? []
  const here = found.filter((left) => project === undefined || left.project === project)
  if (here.length === 0) return null
  return (
    <Alert color="yellow" role="status" data-testid="unsent">
      <Text size="sm">{t('home.unsent')}</Text>
      <Group gap="sm">
        {here.map((left) => (
          <Anchor key={left.image} component={Link} to={`/projects/${left.project}/read/${left.image}`} size="sm">{t('worklist.open')} …{left.image.slice(-6)}</Anchor>
        ))}
      </Group>
    </Alert>
  )
}
