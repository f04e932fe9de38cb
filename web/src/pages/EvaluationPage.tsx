// What one model does on the patients that it was not shown: figures first, then every answer over its image.
import { Alert, Anchor, Container, Group, Stack, Table, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router'
import type { EvaluationView, Figures } from '../api/client'
import { useArtifacts, useConcepts, useEvaluation, type AnswersWanted } from '../api/queries'
import { conceptName } from '../i18n/conceptName'
import { languageName } from '../i18n/names'
import { CALIBRATION_FILE } from '../model/calibration'
import { cells, MEASURES, written } from '../model/evaluation'
import { Asked } from '../panels/Asked'
import { Confusion } from '../panels/evaluation/Confusion'
import { Gallery } from '../panels/evaluation/Gallery'
import { Slices } from '../panels/evaluation/Slices'
import { PageTitle } from '../panels/PageTitle'
import { Reliability } from '../panels/Reliability'
import { SaveTable } from '../panels/Save'

const WANTED = ['filter', 'concept', 'named', 'modality', 'lang'] as const

// The address holds which answers are shown, so that it can be handed on.
export default function EvaluationPage() {
  const { run = '' } = useParams()
  const evaluation = useEvaluation(run)
  return <Container py="lg" size="xl"><Asked query={evaluation}>{(found) => <Found found={found} />}</Asked></Container>
}

function Found({ found }: { found: EvaluationView }) {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  return (
    <Stack>
      <Group justify="space-between">
        <PageTitle>{t('evaluation.title', { name: found.name })}</PageTitle>
        <Group>
          <Anchor component={Link} size="sm" to={`/projects/${project}/evaluations?snapshot=${found.snapshot}`}>{t('nav.evaluations')}</Anchor>
          <Anchor component={Link} size="sm" to={`/projects/${project}/runs/${found.run}`}>{t('evaluation.run')}</Anchor>
          {found.model && <Anchor component={Link} size="sm" to={`/projects/${project}/models`}>{t('runs.model')}</Anchor>}
        </Group>
      </Group>
      <Standing found={found} />
      {found.figures && <Judged found={found} figures={found.figures} />}
    </Stack>
  )
}

// Why nothing is shown, where nothing is.
function Standing({ found: { over, state, failure, withheld } }: { found: EvaluationView }) {
  const { t } = useTranslation()
  if (state === 'failed') return <Alert color="red" role="alert" title={t(`evaluation_state.${state}`)}>{failure}</Alert>
  if (state === 'waiting') return <Text role="status">{t(`evaluation_state.${state}`)}</Text>
  if (state !== 'finished') return <Text>{over ? t('evaluation.no_split') : t('evaluation.not_over')}</Text>
  return withheld > 0 ? <Alert role="status">{t('evaluation.withheld', { images: withheld })}</Alert> : null
}

function Judged({ found, figures }: { found: EvaluationView; figures: Figures }) {
  const { t, i18n } = useTranslation()
  const { project = '' } = useParams()
  const [params, setParams] = useSearchParams()
  const concepts = useConcepts(project).data?.concepts ?? []
  const calibrated = useArtifacts(found.run).data?.files[CALIBRATION_FILE]
  const nameOf = (key: string | null) => (key === null ? t('evaluation.no_name') : (conceptName(concepts, key, i18n.language) ?? key))
  const wanted = Object.fromEntries(WANTED.flatMap((key) => (params.has(key) ? [[key, params.get(key)]] : []))) as AnswersWanted
  const want = (change: Partial<AnswersWanted>) => {
    const next = Object.entries({ ...wanted, ...change }).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)] as [string, string]]))
    setParams(new URLSearchParams(next), { replace: true })
  }
  const show = (cell: { concept: string; named: string; lang: string }) => {
    want({ ...cell, filter: undefined, modality: undefined })
    document.getElementById('answers')?.scrollIntoView()
  }
  if (figures.extent.answers === 0) return <Text>{t('evaluation.no_split')}</Text>
  return (
    <>
      <Totals figures={figures} />
      <Gallery found={found} wanted={wanted} want={want} nameOf={nameOf} />
      <Slices figures={figures} nameOf={nameOf} />
      <Confusion figures={figures} nameOf={nameOf} show={show} />
      {calibrated && (
        <section>
          <Title order={2} size="h4">{t('calibration.title')}</Title>
          <Reliability run={found.run} />
        </section>
      )}
    </>
  )
}

function Totals({ figures: { extent, scores } }: { figures: Figures }) {
  const { t } = useTranslation()
  const rows = () => [['lang', 'answers', ...MEASURES.flatMap((m) => [m, `${m}_low`, `${m}_high`])], ...scores.map((of) => [of.lang, of.answers, ...MEASURES.flatMap((m) => cells(of[m]))])]
  return (
    <section>
      <Group justify="space-between"><Text size="sm">{t('evaluation.extent', { patients: extent.patients, images: extent.images, answers: extent.answers })}</Text><SaveTable name="scores" rows={rows} /></Group>
      <Table>
        <Table.Thead><Table.Tr><Table.Th scope="col">{t('evaluation.language')}</Table.Th>{MEASURES.map((m) => <Table.Th key={m} scope="col">{t(`score.${m}`)} (95 %)</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>
          {scores.map((of) => <Table.Tr key={of.lang}><Table.Th scope="row">{languageName(of.lang)}</Table.Th>{MEASURES.map((m) => <Table.Td key={m}>{written(of[m])}</Table.Td>)}</Table.Tr>)}
        </Table.Tbody>
      </Table>
    </section>
  )
}
