import { Button, Center, Loader, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useParams } from 'react-router'
import { ApiError } from '../api/client'
import { nextCase, openCase, upcomingCase, useConcepts, useProject, useTemplates } from '../api/queries'
import { may } from '../model/roles'
import { Asked } from '../panels/Asked'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'
import { tiledOf } from '../panels/reading/shown'
import { framePixels } from '../panels/reading/useStack'
import { Workspace } from '../panels/reading/Workspace'
import { Unsent } from '../panels/Unsent'
import { fetchAhead } from './pages'

// How long the pixels of a case that may come next are worth keeping.
const AHEAD_MS = 300_000
const firstFrame = (image: string) => ({
  queryKey: ['frame', image, 0],
  staleTime: Infinity,
  gcTime: AHEAD_MS,
  queryFn: () => framePixels({ image, frame: 0 }),
})

// Fetches the pixels of what is likely to come next while this case is read. Nothing is held: where another reader is faster the
// next case is fetched as it comes.
function useAhead(project: string, reading: string | undefined): void {
  const queries = useQueryClient()
  useEffect(() => {
    if (reading) void upcomingCase(project).then((found) => found && queries.prefetchQuery(firstFrame(found.image)), () => undefined)
  }, [project, reading, queries])
}

// The case named in the address, or the next one.
export default function ReadPage() {
  const { t } = useTranslation()
  const { project: id = '', image } = useParams()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const project = useProject(id)
  const concepts = useConcepts(id)
  // Looked into at the first region, when the network may be gone.
  useTemplates(id)
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
      const tiled = tiledOf(found.image)
      if (tiled) return { found, raster: tiled }
      const first = firstFrame(found.image.id)
      const raster = await queries.fetchQuery(first)
      // From here on the case keeps it.
      queries.removeQueries({ queryKey: first.queryKey })
      return { found, raster }
    },
  })
  const reading = opened.data?.found.image.id
  useAhead(id, reading)
  useEffect(() => (reading ? fetchAhead() : undefined), [reading])
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
