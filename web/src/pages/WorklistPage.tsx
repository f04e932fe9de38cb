import { Button, Container, Group, NativeSelect, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'
import type { Image } from '../api/client'
import { useImages, useProject } from '../api/queries'
import { isReadable, may } from '../model/roles'
import { Asked } from '../panels/Asked'
import { CaseLink } from '../panels/CaseLink'
import { PageTitle } from '../panels/PageTitle'

type Route = NonNullable<Image['route']>
const ROUTES = ['second_reader', 'expert_first', 'accept_after_review'] as const satisfies readonly Route[]
const STATES = ['open', 'leased', 'submitted', 'waiting_attestation', 'withheld'] as const

export default function WorklistPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const [state, setState] = useState<Image['state'] | null>(null)
  const [route, setRoute] = useState<Route | null>(null)
  const [after, setAfter] = useState<string | null>(null)
  const images = useImages(project, state, route, after)
  const routing = useProject(project).data?.routing
  const choose = (value: string) => {
    setState(STATES.find((s) => s === value) ?? null)
    setAfter(null)
  }
  const chooseRoute = (value: string) => {
    setRoute(ROUTES.find((r) => r === value) ?? null)
    setAfter(null)
  }
  return (
    <Container py="lg" size="lg">
      <Group justify="space-between" mb="md">
        <PageTitle>{t('nav.worklist')}</PageTitle>
        <Group>
          {routing && (
            <NativeSelect
              aria-label={t('worklist.route')}
              value={route ?? ''}
              onChange={(event) => chooseRoute(event.currentTarget.value)}
              data={[{ value: '', label: t('worklist.every_route') }, ...ROUTES.map((r) => ({ value: r, label: t(`route.${r}`) }))]}
            />
          )}
          <NativeSelect
            aria-label={t('worklist.state')}
            value={state ?? ''}
            onChange={(event) => choose(event.currentTarget.value)}
            data={[{ value: '', label: t('worklist.all') }, ...STATES.map((s) => ({ value: s, label: t(`state.${s}`) }))]}
          />
        </Group>
      </Group>
      <Asked query={images}>
        {(page) => (
          <>
            {page.images.length === 0 ? <Text>{state === null && route === null ? t('worklist.none') : t('worklist.none_so')}</Text> : <Cases project={project} images={page.images} />}
            <Group mt="md">
              {after && <Button variant="default" onClick={() => setAfter(null)}>{t('worklist.first')}</Button>}
              {page.next && <Button variant="default" onClick={() => setAfter(page.next ?? null)}>{t('worklist.more')}</Button>}
            </Group>
          </>
        )}
      </Asked>
    </Container>
  )
}

function Cases({ project, images }: { project: string; images: readonly Image[] }) {
  const { t } = useTranslation()
  const found = useProject(project).data
  const reads = may(found?.role, 'annotate')
  return (
    <Table highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('worklist.case')}</Table.Th>
          <Table.Th>{t('worklist.patient')}</Table.Th>
          <Table.Th>{t('worklist.modality')}</Table.Th>
          <Table.Th>{t('worklist.split')}</Table.Th>
          <Table.Th>{t('worklist.state')}</Table.Th>
          {found?.routing && <Table.Th>{t('worklist.route')}</Table.Th>}
          <Table.Th>{t('worklist.flags')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {images.map((image) => (
          <Table.Tr key={image.id}>
            <Table.Td>
              <CaseLink project={project} image={image.id} opens={reads && isReadable(image.state)} />
            </Table.Td>
            <Table.Td>{image.patient}</Table.Td>
            <Table.Td>{t(`modality.${image.modality}`)}</Table.Td>
            <Table.Td>{t(`split.${image.split}`)}</Table.Td>
            <Table.Td>{t(`state.${image.state}`)}</Table.Td>
            {found?.routing && <Table.Td>{image.route ? t(`route.${image.route}`) : ''}</Table.Td>}
            <Table.Td>{image.flags ?? ''}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
