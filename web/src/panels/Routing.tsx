// Which way cases go by how sure the model is, where a lead decides it. Shares are written in percent, as confidences are elsewhere.
import { Button, Card, Group, NumberInput, Stack, Switch, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Project } from '../api/client'
import { settings, useSetting } from '../api/queries'
import { Refusal } from './Refusal'

// What is offered where a project has no thresholds yet: the words "very likely" and "possible" begin there.
const OFFERED = { accept_from: 0.9, guess_below: 0.4, audit_percent: 3 }
type Thresholds = typeof OFFERED

export function Routing({ project: { id, routing } }: { project: Project }) {
  const { t } = useTranslation()
  const change = useSetting(settings.routing)
  const [chosen, choose] = useState<Thresholds | null | undefined>(undefined)
  const now = chosen === undefined ? (routing ?? null) : chosen
  const save = (asked: Thresholds | null) => {
    change.mutate({ id, routing: asked }, { onSuccess: () => choose(undefined) })
  }
  // What was never saved is put away without asking the server.
  const turn = (on: boolean) => {
    if (!on && routing) save(null)
    else choose(on ? OFFERED : undefined)
  }
  const turned = (now?.guess_below ?? 0) > (now?.accept_from ?? 1)
  return (
    <Card withBorder component="section" aria-labelledby="routing">
      <Stack gap="xs">
        <Title id="routing" order={2} size="h5">{t('routing.settings')}</Title>
        <Text size="sm" c="gray.4">{t('routing.text')}</Text>
        <Switch
          label={t('routing.on')}
          checked={now !== null}
          onChange={(event) => turn(event.currentTarget.checked)}
        />
        {now && (
          <form onSubmit={(event) => { event.preventDefault(); save(now) }}>
            <Group align="flex-start">
              <Share label={t('routing.accept_from')} about={t('routing.accept_about')} value={now.accept_from} onChange={(accept_from) => choose({ ...now, accept_from })} />
              <Share label={t('routing.guess_below')} about={t('routing.guess_about')} error={turned && t('routing.turned')} value={now.guess_below} onChange={(guess_below) => choose({ ...now, guess_below })} />
              <NumberInput w={220} label={t('routing.audit')} description={t('routing.audit_about')} suffix=" %" min={2} max={5} allowDecimal={false} value={now.audit_percent} onChange={(value) => choose({ ...now, audit_percent: Number(value) })} />
            </Group>
            <Button mt="sm" type="submit" disabled={turned || chosen === undefined} loading={change.isPending}>{t('routing.save')}</Button>
          </form>
        )}
        <Refusal error={change.error} p="xs" />
      </Stack>
    </Card>
  )
}

interface ShareProps { label: string; about: string; error?: string | false; value: number; onChange: (value: number) => void }

function Share({ label, about, error = false, value, onChange }: ShareProps) {
  return <NumberInput w={260} label={label} description={about} error={error} suffix=" %" min={0} max={100} decimalScale={0} value={Math.round(100 * value)} onChange={(percent) => onChange(Number(percent) / 100)} />
}
