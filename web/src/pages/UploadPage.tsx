import { Alert, Button, Card, Checkbox, Container, FileInput, Group, Image as Picture, List, Progress, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'
import { uploadImage, useAttest, useImages } from '../api/queries'
import { Asked } from '../panels/Asked'

interface Told {
  name: string
  text: string
  refused: boolean
}

export default function UploadPage() {
  const { t } = useTranslation()
  const { project = '' } = useParams()
  const queries = useQueryClient()
  const [files, setFiles] = useState<File[]>([])
  const [patient, setPatient] = useState('')
  const [attested, setAttested] = useState(false)
  const [told, setTold] = useState<Told[]>([])
  const [done, setDone] = useState<number | null>(null)
  const one = async (file: File): Promise<Told> => {
    try {
      const fresh = await uploadImage(project, file, { patient: patient.trim(), attested })
      return { name: file.name, text: fresh ? t('upload.done') : t('upload.same'), refused: false }
    } catch (error) {
      return { name: file.name, text: error instanceof Error ? error.message : String(error), refused: true }
    }
  }
  const start = async () => {
    setTold([])
    for (const [index, file] of files.entries()) {
      setDone(index)
      const outcome = await one(file)
      setTold((before) => [...before, outcome])
    }
    setDone(null)
    setFiles([])
    await queries.invalidateQueries({ queryKey: ['images', project] })
  }
  return (
    <Container py="lg">
      <Stack>
        <Title order={1} size="h2">{t('nav.upload')}</Title>
        <FileInput multiple clearable label={t('upload.choose')} value={files} onChange={setFiles} />
        <TextInput label={t('upload.patient')} value={patient} onChange={(event) => setPatient(event.currentTarget.value)} />
        <Checkbox label={t('upload.attest')} checked={attested} onChange={(event) => setAttested(event.currentTarget.checked)} />
        <Group><Button disabled={files.length === 0 || done !== null} onClick={() => void start()}>{t('upload.start', { count: files.length })}</Button></Group>
        {done !== null && <Progress value={(100 * done) / files.length} aria-label={t('upload.start', { count: files.length })} />}
        <List aria-live="polite">
          {told.map((line, index) => (
            <List.Item key={index}><Text c={line.refused ? 'red.4' : undefined}>{line.refused ? line.text : `${line.name}: ${line.text}`}</Text></List.Item>
          ))}
        </List>
        <Waiting project={project} />
      </Stack>
    </Container>
  )
}

function Waiting({ project }: { project: string }) {
  const { t } = useTranslation()
  const images = useImages(project, 'waiting_attestation', null)
  const attest = useAttest()
  return (
    <Asked query={images}>
      {(page) =>
        page.images.length > 0 && (
          <Stack>
            <Title order={2} size="h4">{t('home.waiting')}</Title>
            <Text>{t('upload.waiting')}</Text>
            {attest.isError && <Alert color="red" role="alert">{attest.error.message}</Alert>}
            {page.images.map((image) => (
              <Card key={image.id} withBorder>
                <Group align="flex-start">
                  <Picture src={`/api/images/${image.id}/rendered`} alt={image.patient} h={220} w="auto" fit="contain" />
                  <Stack>
                    <Text>{image.attestation_reason}</Text>
                    <Button onClick={() => attest.mutate({ image: image.id, burned_in: false })}>{t('upload.clean')}</Button>
                    <Button color="red" onClick={() => attest.mutate({ image: image.id, burned_in: true })}>{t('upload.burned')}</Button>
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
