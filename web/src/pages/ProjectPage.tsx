import { Button, Card, Container, Group, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { useProgress, useProject } from '../api/queries'
import { may } from '../model/roles'
import { Asked } from '../panels/Asked'
import { Headers } from '../panels/Headers'
import { PageTitle } from '../panels/PageTitle'
import { Routing } from '../panels/Routing'
import { Templates } from '../panels/Templates'
import { Unsent } from '../panels/Unsent'

export default function ProjectPage() {
  const { t } = useTranslation()
  const { project: id = '' } = useParams()
  const project = useProject(id)
  const progress = useProgress(id)
  return (
    <Container py="lg">
      <Asked query={project}>
        {(found) => (
          <Stack>
            <Group justify="space-between">
              <PageTitle>{found.name}</PageTitle>
              {may(found.role, 'annotate') && (
                <Button component={Link} to={`/projects/${id}/read`} size="lg">{t('home.next')}</Button>
              )}
            </Group>
            <Unsent project={id} />
            <Asked query={progress}>
              {(p) => (
                <>
                  <Text>{t('home.submitted', { done: p.submitted, all: p.images })}</Text>
                  <Progress value={p.images === 0 ? 0 : (100 * p.submitted) / p.images} size="lg" aria-label={t('home.submitted', { done: p.submitted, all: p.images })} />
                  <SimpleGrid cols={p.assisted.cases + p.control.cases > 0 ? 4 : 3}>
                    <Fact label={t('home.regions')} value={p.regions} />
                    <Fact label={t('home.waiting')} value={p.waiting_attestation} />
                    {p.assisted.cases + p.control.cases > 0 && <Fact label={t('home.pace')} value={[p.assisted, p.control].map(({ cases, seconds }) => (cases > 0 ? `${Math.round(seconds)} (${cases})` : '–')).join(' / ')} />}
                    <Fact label={t('home.suggestions')} value={`${p.suggestions.accepted} / ${p.suggestions.adjusted} / ${p.suggestions.rejected}`} />
                  </SimpleGrid>
                </>
              )}
            </Asked>
            {found.guideline && (
              <Card withBorder>
                <Title order={2} size="h5">{t('home.guideline')}</Title>
                <Text style={{ whiteSpace: 'pre-wrap' }}>{found.guideline}</Text>
              </Card>
            )}
            {may(found.role, 'manage') && <Routing project={found} />}
            {may(found.role, 'manage') && <Headers project={found} />}
            {may(found.role, 'manage') && <Templates project={id} langs={found.langs} />}
          </Stack>
        )}
      </Asked>
    </Container>
  )
}

function Fact({ label, value }: { label: string; value: string | number }) {
  return (
    <Card withBorder>
      <Text size="sm" c="gray.4">{label}</Text>
      <Text size="xl" fw={600}>{value}</Text>
    </Card>
  )
}
