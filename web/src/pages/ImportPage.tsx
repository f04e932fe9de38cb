import { Alert, Anchor, Button, Container, Group, Progress, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import type { Import } from '../api/client'
import { isAtWork, useImport, useImportStep } from '../api/queries'
import { clockOf, secondsLeft } from '../model/amount'
import { layoutKey, layoutName } from '../model/layouts'
import { Asked } from '../panels/Asked'
import { Confirm } from '../panels/Confirm'
import { CheckForm } from '../panels/imports/CheckForm'
import { Contents } from '../panels/imports/Contents'
import { SendFiles } from '../panels/imports/SendFiles'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'

// One data set on its way in: its files, its check, what was found, and taking it over.
export default function ImportPage() {
  const { t } = useTranslation()
  const { import: id = '' } = useParams()
  const found = useImport(id)
  return (
    <Container py="lg">
      <Asked query={found}>
        {(set) => (
          <Stack>
            <PageTitle>{`${t('imports.title')}: ${layoutName(set.format)}`}</PageTitle>
            <Text>{t(`layout.${layoutKey(set.format)}`)}</Text>
            <Steps set={set} onChange={() => void found.refetch()} />
          </Stack>
        )}
      </Asked>
    </Container>
  )
}

function Steps({ set, onChange }: { set: Import; onChange(): void }) {
  const { t } = useTranslation()
  const step = useImportStep(set.id)
  const [sending, setSending] = useState(false)
  const open = ['staging', 'checked', 'failed'].includes(set.state)
  const over = ['finished', 'cancelled'].includes(set.state)
  const busy = sending || step.isPending
  return (
    <>
      <Text role="status" fw={600}>{t(`import_state.${set.state}`)}</Text>
      {set.failure && <Alert color="red" role="alert">{set.failure}</Alert>}
      {isAtWork(set) && <Working set={set} />}
      {open && <SendFiles set={set} onBusy={setSending} onSent={onChange} />}
      {open && set.files > 0 && <CheckForm key={set.state} set={set} busy={busy} onCheck={(check) => step.mutate({ check })} />}
      {(set.state === 'checked' || set.state === 'finished') && <Contents set={set} busy={busy} onTake={(leave_out) => step.mutate({ leave_out })} />}
      <Refusal error={step.error} />
      <Group>
        {set.state === 'finished' && <Button component={Link} to={`/projects/${set.project_id}/worklist`}>{t('imports.to_worklist')}</Button>}
        {over && <Anchor component={Link} to={`/projects/${set.project_id}/imports`}>{t('imports.another')}</Anchor>}
        {!over && <Confirm variant="default" label={t('imports.give_up')} consequence={t('imports.give_up_text')} onConfirm={() => step.mutate('cancel')} />}
      </Group>
    </>
  )
}

function Working({ set: { state, done, expected, working_seconds } }: { set: Import }) {
  const { t } = useTranslation()
  const left = secondsLeft(done, expected, working_seconds ?? 0)
  const said = expected > 0 ? t('imports.done', { done, all: expected }) : t('imports.looked', { done })
  return (
    <Stack gap={4}>
      <Text>{said}{left !== null && ` · ${t('imports.left', { time: clockOf(left) })}`}</Text>
      <Progress value={expected > 0 ? (100 * done) / expected : 100} animated={expected === 0} aria-label={t(`import_state.${state}`)} size="lg" />
    </Stack>
  )
}
