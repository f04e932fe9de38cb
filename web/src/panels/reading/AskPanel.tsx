// Asking the model about the image. What it answers is read here and drawn on the image; it becomes no part of the annotation.
import { Button, Card, Checkbox, Group, List, NativeSelect, Stack, Text, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Inquiry, SaidRegion } from '../../api/client'
import { askModel, inquiriesAbout, useInquiries, withdrawInquiry } from '../../api/queries'
import { languageName } from '../../i18n/names'
import type { Box } from '../../model/geometry'
import { Asked } from '../Asked'
import { Refusal } from '../Refusal'

interface Props {
  image: string
  langs: readonly string[]
  // The region that is chosen.
  about: { name: string; bbox: Box } | undefined
  // What is to be seen on the image.
  onSpoken(regions: readonly SaidRegion[]): void
}
const MAX_QUESTION = 500
const isOver = (asked: Inquiry) => asked.state !== 'waiting' && asked.state !== 'answering'

// Keeps the newest question as it is being answered, over server-sent events; the browser reconnects by itself.
function useLive(image: string, id: string | undefined): void {
  const queries = useQueryClient()
  useEffect(() => {
    if (id === undefined) return
    const source = new EventSource(`/api/inquiries/${id}/events`)
    source.addEventListener('inquiry', (event) => {
      const news = JSON.parse(event.data as string) as Inquiry
      queries.setQueryData<Inquiry[]>(['inquiries', image], (before) => before?.map((one) => (one.id === news.id ? news : one)))
      if (isOver(news)) source.close()
    })
    return () => source.close()
  }, [image, id, queries])
}

export function AskPanel({ image, langs, about, onSpoken }: Props) {
  const { t } = useTranslation()
  const asked = useInquiries(image)
  const latest = asked.data?.[0]
  const open = latest && !isOver(latest) ? latest : undefined
  useLive(image, open?.id)
  const regions = latest?.words.regions
  useEffect(() => {
    onSpoken(regions ?? [])
    return () => onSpoken([])
  }, [regions, onSpoken])
  return (
    <Stack gap="sm">
      <Form image={image} langs={langs} about={about} open={open} />
      <Asked query={asked} quiet>
        {(all) => (
          <>
            {all.length === 0 && <Text size="sm" c="gray.4">{t('ask.none')}</Text>}
            {all.map((one) => <Answered key={one.id} asked={one} />)}
          </>
        )}
      </Asked>
    </Stack>
  )
}

function Form({ image, langs, about, open }: Omit<Props, 'onSpoken'> & { open: Inquiry | undefined }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [lang, setLang] = useState(langs[0] ?? 'en')
  const [question, setQuestion] = useState('')
  const [whole, setWhole] = useState(false)
  const [lookFirst, setLookFirst] = useState(false)
  const again = async () => queries.setQueryData(['inquiries', image], await inquiriesAbout(image))
  const ask = useMutation({
    mutationFn: () => askModel(image, { lang, question, bbox: about && !whole ? [...about.bbox] : null, look_first: lookFirst }),
    onSuccess: () => {
      setQuestion('')
      return again()
    },
  })
  const withdraw = useMutation({ mutationFn: withdrawInquiry, onSettled: again })
  const ready = question.trim() !== '' && !open && !ask.isPending
  return (
    <Stack gap={6}>
      <Textarea
        size="xs"
        autosize
        minRows={2}
        lang={lang}
        maxLength={MAX_QUESTION}
        label={t('ask.question')}
        description={t('ask.hint')}
        value={question}
        onChange={(event) => setQuestion(event.currentTarget.value)}
        onKeyDown={(event) => {
          // An input method takes its own Enter.
          if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.metaKey || event.nativeEvent.isComposing) return
          event.preventDefault()
          if (ready) ask.mutate()
        }}
      />
      {about && <Checkbox size="xs" label={t('ask.about', { name: about.name })} checked={!whole} onChange={(event) => setWhole(!event.currentTarget.checked)} />}
      <Checkbox size="xs" label={t('ask.look_first')} checked={lookFirst} onChange={(event) => setLookFirst(event.currentTarget.checked)} />
      <Group gap={6} align="flex-end">
        <NativeSelect size="xs" label={t('ask.lang')} value={lang} onChange={(event) => setLang(event.currentTarget.value)} data={langs.map((one) => ({ value: one, label: languageName(one) }))} />
        <Button size="xs" disabled={!ready} loading={ask.isPending} onClick={() => ask.mutate()}>{t('ask.send')}</Button>
        {open && <Button size="xs" variant="default" onClick={() => withdraw.mutate(open.id)}>{t('ask.withdraw')}</Button>}
      </Group>
      <Refusal error={ask.error ?? withdraw.error} p="xs" />
    </Stack>
  )
}

function Answered({ asked }: { asked: Inquiry }) {
  const { t } = useTranslation()
  const { words } = asked
  const percent = asked.confidence == null ? null : Math.round(asked.confidence * 100)
  return (
    <Card withBorder p="xs" component="article" aria-label={asked.question} data-testid="inquiry" data-state={asked.state}>
      <Stack gap={4}>
        <Text size="xs" c="gray.4">{t('ask.of', { name: asked.asked_by_name })}</Text>
        <Text size="sm" fw={600} lang={asked.lang}>{asked.question}</Text>
        <Standing asked={asked} />
        {asked.look_first && <Regions title={t('ask.found')} none={t('ask.found_none')} regions={words.looked_at} over={words.looked_at.length > 0 || words.text !== '' || isOver(asked)} />}
        <Text size="sm" lang={asked.lang} aria-live="polite" data-testid="answer">{words.text}</Text>
        {words.regions.length > 0 && <Regions title={t('ask.regions')} none="" regions={words.regions} over />}
        {asked.complete === false && <Text size="xs" c="yellow.4">{t('ask.cut')}</Text>}
        {percent !== null && <Text size="xs" c="gray.4">{t('ask.confidence', { percent, model: asked.model_name })}</Text>}
        {asked.state === 'answered' && (
          <>
            <Text size="xs" c="gray.4">{t('ask.took', { first: seconds(asked.first_words_seconds), whole: seconds(asked.seconds) })}</Text>
            <Text size="xs">{t('ask.expert')}</Text>
          </>
        )}
      </Stack>
    </Card>
  )
}

const seconds = (measured: number | null | undefined) => (measured ?? 0).toFixed(1)

function Standing({ asked: { state, before, failure } }: { asked: Inquiry }) {
  const { t } = useTranslation()
  if (state === 'waiting') return <Text size="xs" c="gray.4">{before > 0 ? t('ask.waiting', { before }) : t('ask.waiting_next')}</Text>
  if (state === 'answering') return <Text size="xs" c="gray.4">{t('ask.answering')}</Text>
  if (state === 'withdrawn') return <Text size="xs" c="gray.4">{t('ask.withdrawn')}</Text>
  return failure == null ? null : <Text size="sm" c="red.4" role="alert">{failure}</Text>
}

function Regions({ title, none, regions, over }: { title: string; none: string; regions: readonly SaidRegion[]; over: boolean }) {
  if (!over) return null
  const names = regions.map(({ name, bbox }) => `${name} [${bbox.map(Math.round).join(', ')}]`)
  return (
    <>
      <Text size="xs" c="gray.4">{title}{names.length === 0 ? `: ${none}` : ''}</Text>
      {names.length > 0 && <List size="xs">{names.map((name, index) => <List.Item key={index}>{name}</List.Item>)}</List>}
    </>
  )
}
