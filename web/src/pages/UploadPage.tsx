import { Button, Card, Checkbox, Container, FileInput, Group, Image as Picture, List, Progress, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { uploadImage, useAttest, useImages, useProject, useSessionCheck } from '../api/queries'
import { reasonIn } from '../i18n/reasons'
import { useInWords } from '../i18n/refusal'
import { may } from '../model/roles'
import { Asked } from '../panels/Asked'
import { Confirm } from '../panels/Confirm'
import { Deidentification } from '../panels/Deidentification'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'

interface Told {
  file: File
  text: string
  refused: boolean
}

export default function UploadPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const found = useProject(project)
  return (
    <Container py="lg">
      <Stack>
        <Group justify="space-between">
          <PageTitle>{t('nav.upload')}</PageTitle>
          {may(found.data?.role, 'manage') && <Button component={Link} to={`/projects/${project}/imports`} variant="default">{t('imports.title')}</Button>}
        </Group>
        <Asked query={found}>
          {({ role }) => (
            <>
              {may(role, 'upload') && <Upload project={project} />}
              {may(role, 'attest') && <Waiting project={project} />}
            </>
          )}
        </Asked>
      </Stack>
    </Container>
  )
}

function Upload({ project }: { project: string }) {
  const { t } = useTranslation()
  const inWords = useInWords()
  const queries = useQueryClient()
  const checked = useSessionCheck()
  const [files, setFiles] = useState<File[]>([])
  const [patient, setPatient] = useState('')
  const [attested, setAttested] = useState(false)
  const [told, setTold] = useState<Told[]>([])
  const [done, setDone] = useState<number | null>(null)
  // Whose they are, and that somebody looked at them, was said of the files before.
  const pick = (chosen: File[]) => {
    setFiles(chosen)
    setPatient('')
    setAttested(false)
  }
  const one = async (file: File): Promise<Told> => {
    try {
      const fresh = await checked(uploadImage(project, file, { patient: patient.trim(), attested }))
      return { file, text: fresh ? t('upload.done') : t('upload.same'), refused: false }
    } catch (error) {
      return { file, text: inWords(error as Error), refused: true }
    }
  }
  const start = async () => {
    setTold([])
    const outcomes: Told[] = []
    for (const [index, file] of files.entries()) {
      setDone(index)
      outcomes.push(await one(file))
      setTold([...outcomes])
    }
    setDone(null)
    pick(outcomes.filter((outcome) => outcome.refused).map((outcome) => outcome.file))
    await queries.invalidateQueries({ queryKey: ['images', project] })
  }
  const busy = done !== null
  return (
    <>
      <FileInput multiple clearable disabled={busy} label={t('upload.choose')} placeholder={t('upload.pick')} value={files} onChange={pick} />
      <TextInput disabled={busy} label={t('upload.patient')} value={patient} onChange={(event) => setPatient(event.currentTarget.value)} />
      <Checkbox disabled={busy} label={t('upload.attest')} checked={attested} onChange={(event) => setAttested(event.currentTarget.checked)} />
      <Group><Button disabled={files.length === 0 || busy} onClick={() => void start()}>{t('upload.start', { count: files.length })}</Button></Group>
      {busy && <Progress value={(100 * done) / files.length} aria-label={t('upload.start', { count: files.length })} />}
      <List aria-live="polite">
        {told.map(({ file: { name }, text, refused }, index) => (
          <List.Item key={index}><Text c={refused ? 'red.4' : undefined}>{text.includes(name) ? text : `${name}: ${text}`}</Text></List.Item>
        ))}
      </List>
    </>
  )
}

function Waiting({ project }: { project: string }) {
  const { t } = useTranslation()
  const images = useImages(project, 'waiting_attestation', null, null)
  const attest = useAttest()
  return (
    <Asked query={images}>
      {(page) =>
        page.images.length > 0 && (
          <Stack>
            <Title order={2} size="h4">{t('home.waiting')}</Title>
            <Text>{t('upload.waiting')}</Text>
            <Refusal error={attest.error} />
            {page.images.map((image) => (
              <Card key={image.id} withBorder>
                <Group align="flex-start">
                  <Picture src={`/api/images/${image.id}/rendered`} alt={image.patient} h={220} w="auto" fit="contain" />
                  <Stack align="flex-start">
                    {image.attestation_reason && <Text>{reasonIn(t, image.attestation_reason)}</Text>}
                    {image.attestation_reason?.kind !== 'picture' && <Deidentification image={image.id} about={image.patient} />}
                    <Button aria-label={`${t('upload.clean')}: ${image.patient}`} onClick={() => attest.mutate({ image: image.id, burned_in: false })}>{t('upload.clean')}</Button>
                    <Confirm color="red" label={t('upload.burned')} about={image.patient} consequence={t('upload.withhold_text')} onConfirm={() => attest.mutate({ image: image.id, burned_in: true })} />
                  </Stack>
                </Group>
              </Card>
            ))}
          </Stack>
        )
      }
    </Asked>
  )
}
