import { Anchor, Badge, Card, Container, Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useProjects } from '../api/queries'
import { languageName } from '../i18n/names'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { Unsent } from '../panels/Unsent'

export default function ProjectsPage() {
  const { t } = useTranslation()
  const projects = useProjects()
  return (
    <Container py="lg">
      <PageTitle mb="md">{t('app.projects')}</PageTitle>
      <Unsent />
      <Asked query={projects}>
        {({ projects: found }) => (
          <Stack>
            {found.length === 0 && <Text>{t('home.empty')}</Text>}
            {found.map((project) => (
              <Card key={project.id} withBorder>
                <Group justify="space-between">
                  <Anchor component={Link} to={`/projects/${project.id}`} fw={600}>{project.name}</Anchor>
                  <Group gap="xs">
                    {project.synthetic && <Badge color="grape.3" variant="outline">{t('app.synthetic')}</Badge>}
                    <Text size="sm" c="gray.4">{project.langs.map(languageName).join(' · ')}</Text>
                  </Group>
                </Group>
              </Card>
            ))}
          </Stack>
        )}
      </Asked>
    </Container>
  )
}
