// One round: what it was asked to do, what came of the chosen images and of the random ones beside them, and each of them.
import { Alert, Anchor, Button, Container, Group, Stack, Table, Text, Title } from '@mantine/core'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import type { RoundItem, RoundView } from '../api/client'
import { useConcepts, useProject, useRound, useRoundItems } from '../api/queries'
import { reasonIn } from '../i18n/reasons'
import { minuteOf } from '../model/moment'
import { isReadable, may } from '../model/roles'
import { minutes } from '../model/written'
import { Asked } from '../panels/Asked'
import { CaseLink } from '../panels/CaseLink'
import { PageTitle } from '../panels/PageTitle'
import { AgreementText } from '../panels/rounds/Efficiency'
import { RoundState } from '../panels/rounds/RoundState'
import { Scores } from '../panels/Scores'

export default function RoundPage() {
  const { t } = useTranslation()
  const { project = '', round: id = '' } = useParams()
  const round = useRound(id)
  return (
    <Container py="lg" size="lg">
      <Asked query={round}>
        {(found) => (
          <Stack>
            <Group>
              <PageTitle>{t('rounds.number', { number: found.number })}</PageTitle>
              <RoundState round={found} />
            </Group>
            {found.error && <Alert color="red">{found.error}</Alert>}
            <Text size="sm">
              {t('rounds.made_of', { strategy: t(`strategy.${found.strategy}`), limit: limitIn(t, found), seed: found.seed, model: found.model_name ?? t('runs.builtin'), at: minuteOf(found.created_at) })}
            </Text>
            <Parts found={found} />
            {found.result && (
              <Stack gap={4}>
                <Title order={2} size="h4">{t('rounds.result')}</Title>
                <Text size="sm">
                  <Anchor component={Link} to={`/projects/${project}/runs/${found.result.scored.run}`} size="sm">{found.result.scored.name}</Anchor>{' '}
                  {t('rounds.holds', { held: found.result.held, of: found.result.of, boxes: found.result.scored.boxes })}
                </Text>
                <Scores evaluation={found.result.scored.evaluation} />
              </Stack>
            )}
            <Title order={2} size="h4">{t('rounds.images')}</Title>
            <Images project={project} id={id} />
          </Stack>
        )}
      </Asked>
    </Container>
  )
}

/** What the round might cost at most; an image costs a box at least, so that a limit of as many images says nothing more. */
function limitIn(t: TFunction, { budget, boxes }: RoundView): string {
  if (boxes == null) return t('rounds.limit_images', { images: budget })
  return budget < boxes ? t('rounds.limit_both', { images: budget, boxes }) : t('rounds.limit_boxes', { boxes })
}

function Parts({ found }: { found: RoundView }) {
  const { t } = useTranslation()
  const rows = [['chosen', found.chosen, found.agreements?.chosen], ['control', found.control, found.agreements?.control]] as const
  return (
    <>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Td />
            <Table.Th>{t('rounds.asked')}</Table.Th>
            <Table.Th>{t('rounds.cases')}</Table.Th>
            <Table.Th>{t('rounds.boxes')}</Table.Th>
            <Table.Th>{t('rounds.minutes')}</Table.Th>
            <Table.Th>{t('rounds.seconds')}</Table.Th>
            <Table.Th>{t('rounds.agreement')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([name, part, agreement]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">{name === 'chosen' ? t('rounds.chosen') : t('rounds.control')}</Table.Th>
              <Table.Td>{part.asked}</Table.Td>
              <Table.Td>{part.cases}</Table.Td>
              <Table.Td>{part.boxes}</Table.Td>
              <Table.Td>{minutes(part.seconds)}</Table.Td>
              <Table.Td>{part.timed > 0 ? (part.seconds / part.timed).toFixed(0) : '–'}</Table.Td>
              <Table.Td>{agreement ? <AgreementText agreement={agreement} /> : '–'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm" c="gray.4">{t('rounds.counts_text', { open: found.open })} {found.agreements && t('rounds.agreement_text')}</Text>
    </>
  )
}

function Images({ project, id }: { project: string; id: string }) {
  const { t } = useTranslation()
  const [after, setAfter] = useState(0)
  const items = useRoundItems(id, after)
  return (
    <Asked query={items}>
      {(page) => (
        <>
          {page.items.length === 0 ? <Text>{t('rounds.no_images')}</Text> : <Ranked project={project} items={page.items} />}
          <Group>
            {after > 0 && <Button variant="default" onClick={() => setAfter(0)}>{t('worklist.first')}</Button>}
            {page.next && <Button variant="default" onClick={() => setAfter(page.next ?? 0)}>{t('worklist.more')}</Button>}
          </Group>
        </>
      )}
    </Asked>
  )
}

function Ranked({ project, items }: { project: string; items: readonly RoundItem[] }) {
  const { t, i18n } = useTranslation()
  const concepts = useConcepts(project).data?.concepts ?? []
  const reads = may(useProject(project).data?.role, 'annotate')
  return (
    <Table highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('rounds.rank')}</Table.Th>
          <Table.Th>{t('worklist.case')}</Table.Th>
          <Table.Th>{t('rounds.reason')}</Table.Th>
          <Table.Th>{t('rounds.score')}</Table.Th>
          <Table.Th>{t('worklist.state')}</Table.Th>
          <Table.Th>{t('rounds.boxes')}</Table.Th>
          <Table.Th>{t('rounds.seconds')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((item) => (
          <Table.Tr key={item.image}>
            <Table.Td>{item.rank}</Table.Td>
            <Table.Td>
              <Group gap="xs" wrap="nowrap">
                {isReadable(item.state) && <img src={`/api/images/${item.image}/rendered`} alt="" loading="lazy" width={48} height={48} style={{ objectFit: 'contain' }} />}
                <CaseLink project={project} image={item.image} opens={reads && isReadable(item.state)} style={{ whiteSpace: 'nowrap' }} />
              </Group>
            </Table.Td>
            <Table.Td>{reasonIn(t, item.reason, concepts, i18n.language)}</Table.Td>
            <Table.Td>{item.score.toFixed(3)}</Table.Td>
            <Table.Td>{t(`state.${item.state}`)}</Table.Td>
            <Table.Td>{item.cases > 0 ? item.boxes : '–'}</Table.Td>
            <Table.Td>{item.seconds?.toFixed(0) ?? '–'}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
