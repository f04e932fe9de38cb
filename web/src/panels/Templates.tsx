// The descriptions that readers can start from, where a lead writes them.
import { Button, Card, Group, NativeSelect, Stack, Text, TextInput, Title, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Concept, Template } from '../api/client'
import { settings, useConcepts, useSetting, useTemplates } from '../api/queries'
import { conceptName } from '../i18n/conceptName'
import { Asked } from './Asked'
import { Texts } from './reading/Texts'
import { Refusal } from './Refusal'

interface Props {
  project: string
  langs: readonly string[]
}

export function Templates({ project, langs }: Props) {
  const { t } = useTranslation()
  const concepts = useConcepts(project)
  const templates = useTemplates(project)
  return (
    <Card withBorder component="section" aria-labelledby="templates">
      <Stack gap="xs">
        <Title id="templates" order={2} size="h5">{t('template.title')}</Title>
        <Text size="sm" c="gray.4">{t('template.text')}</Text>
        <Asked query={concepts}>
          {(ontology) => <Asked query={templates}>{(found) => <Editor project={project} langs={langs} concepts={ontology.concepts} kept={found.templates} />}</Asked>}
        </Asked>
      </Stack>
    </Card>
  )
}

interface EditorProps extends Props {
  concepts: readonly Concept[]
  kept: readonly Template[]
}

function Editor({ project, langs, concepts, kept }: EditorProps) {
  const { t, i18n } = useTranslation()
  const replace = useSetting(settings.templates)
  // All of them as they are to be; nothing before one was changed.
  const [draft, setDraft] = useState<readonly Template[] | null>(null)
  const [opened, setOpened] = useState<number | null>(null)
  const shown = draft ?? kept
  const nameOf = (key: string | null | undefined) => (key ? (conceptName(concepts, key, i18n.language) ?? key) : t('template.every'))
  const add = () => {
    setDraft([...shown, { name: '', concept: null, texts: Object.fromEntries(langs.map((lang) => [lang, ''])) }])
    setOpened(shown.length)
  }
  const drop = (at: number) => {
    setDraft(shown.filter((_, index) => index !== at))
    setOpened(null)
  }
  const save = () => replace.mutate({ id: project, templates: [...shown] }, { onSuccess: () => (setDraft(null), setOpened(null)) })
  return (
    <>
      {shown.length === 0 && <Text size="sm" c="gray.4">{t('template.none')}</Text>}
      {shown.map((template, at) =>
        at === opened ? (
          <Fields
            key={at}
            template={template}
            langs={langs}
            concepts={concepts.map(({ key }) => ({ value: key, label: nameOf(key) }))}
            onChange={(changed) => setDraft(shown.map((one, index) => (index === at ? { ...one, ...changed } : one)))}
            onDrop={() => drop(at)}
            onClose={() => setOpened(null)}
          />
        ) : (
          <UnstyledButton key={at} onClick={() => setOpened(at)} data-testid="template">
            <Card p="xs" withBorder>
              <Text size="sm">{template.name} · {nameOf(template.concept)}</Text>
              {langs.map((lang) => <Text key={lang} size="xs" c="gray.4" lang={lang} lineClamp={1}>{template.texts[lang]}</Text>)}
            </Card>
          </UnstyledButton>
        ),
      )}
      <Refusal error={replace.error} p="xs" />
      <Group>
        <Button variant="default" onClick={add}>{t('template.add')}</Button>
        <Button disabled={draft === null} loading={replace.isPending} onClick={save}>{t('template.save')}</Button>
      </Group>
    </>
  )
}

interface FieldsProps {
  template: Template
  langs: readonly string[]
  concepts: readonly { value: string; label: string }[]
  onChange(changed: Partial<Template>): void
  onDrop(): void
  onClose(): void
}

function Fields({ template, langs, concepts, onChange, onDrop, onClose }: FieldsProps) {
  const { t } = useTranslation()
  const of = [{ value: '', label: t('template.every') }, ...concepts]
  return (
    <Card p="xs" withBorder data-testid="template">
      <Stack gap={6}>
        <Group grow>
          <TextInput required autoFocus size="sm" maxLength={100} label={t('template.name')} value={template.name} onChange={(e) => onChange({ name: e.currentTarget.value })} />
          <NativeSelect size="sm" label={t('template.concept')} value={template.concept ?? ''} onChange={(e) => onChange({ concept: e.currentTarget.value || null })} data={of} />
        </Group>
        <Texts
          langs={langs}
          texts={template.texts}
          size="sm"
          label={(lang) => t('read.description', { lang })}
          onWrite={(lang, text) => onChange({ texts: { ...template.texts, [lang]: text } })}
          onSettle={() => undefined}
        />
        <Group gap={4}>
          <Button size="compact-sm" variant="default" onClick={onClose}>{t('template.close')}</Button>
          <Button size="compact-sm" variant="light" color="red" onClick={onDrop}>{t('read.delete')}</Button>
        </Group>
      </Stack>
    </Card>
  )
}
