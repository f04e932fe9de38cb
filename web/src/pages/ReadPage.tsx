import { Button, Center, Loader, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useParams } from 'react-router'
import { ApiError, pixelsOf } from '../api/client'
import { nextCase, openCase, useConcepts, useProject } from '../api/queries'
import { decodeRaster } from '../canvas/levels'
import { may } from '../model/roles'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'
import { Workspace } from '../panels/reading/Workspace'
import { Unsent } from '../panels/Unsent'

// The case named in the address, or the next one.
export default function ReadPage() {
  const { t } = useTranslation()
  const { project: id = '', image } = useParams()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const project = useProject(id)
  const concepts = useConcepts(id)
  const opened = useQuery({
    queryKey: ['case', id, image ?? 'next'],
    // A case is opened once; asking again would ask for another.
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    queryFn: async () => {
      const found = image ? await openCase(image) : await nextCase(id)
      if (!found) return null
      return { found, raster: decodeRaster(await pixelsOf(found.image.id, 0)) }
    },
  })
  const next = () => {
    void queries.invalidateQueries({ queryKey: ['progress', id] })
    void navigate(`/projects/${id}/read`)
    if (!image) void queries.resetQueries({ queryKey: ['case', id, 'next'] })
  }
  if (opened.isError) {
    const leased = opened.error instanceof ApiError && opened.error.code === 'leased'
    return (
      <Center p="xl">
        <Stack>
          <Refusal error={opened.error} color={leased ? 'yellow' : 'red'} />
          <Unsent project={id} />
          {may(project.data?.role, 'annotate') && <Button onClick={next}>{t('home.next')}</Button>}
        </Stack>
      </Center>
    )
  }
  if (opened.isPending) return <Center p="xl"><Loader aria-label={t('app.loading')} /></Center>
  if (!opened.data) {
    return (
      <Center p="xl">
        <Stack align="center">
          <PageTitle size="h3">{t('read.done_title')}</PageTitle>
          <Unsent project={id} />
          <Text><Link to={`/projects/${id}`}>{t('read.back')}</Link></Text>
        </Stack>
      </Center>
    )
  }
  const { found, raster } = opened.data
  return (
    <Asked query={project} quiet>
      {(p) => (
        <Asked query={concepts} quiet>
          {(ontology) => (
            <Workspace key={found.image.id} opened={found} raster={raster} langs={p.langs} concepts={ontology.concepts} onNext={next} />
          )}
        </Asked>
      )}
    </Asked>
  )
}
