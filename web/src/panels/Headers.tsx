// What the headers of DICOM files that come keep of a patient, where a lead decides it.
import { Card, Checkbox, NativeSelect, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Project } from '../api/client'
import { settings, useSetting } from '../api/queries'
import { Refusal } from './Refusal'

const DATES = ['removed', 'shifted'] as const

export function Headers({ project: { id, keep_dates, keep_characteristics } }: { project: Project }) {
  const { t } = useTranslation()
  const change = useSetting(settings.headers)
  // What was chosen is seen with the very click, whether or not the server has answered; a refusal shows again what holds.
  const [chosen, choose] = useState<Partial<Pick<Project, 'keep_dates' | 'keep_characteristics'>>>({})
  const ask = (asked: typeof chosen) => {
    choose((before) => ({ ...before, ...asked }))
    change.mutate({ id, ...asked }, { onError: () => choose({}) })
  }
  return (
    <Card withBorder component="section" aria-labelledby="headers">
      <Stack gap="xs">
        <Title id="headers" order={2} size="h5">{t('header.settings')}</Title>
        <Text size="sm" c="gray.4">{t('header.text')}</Text>
        <NativeSelect
          maw={640}
          label={t('header.dates')}
          value={chosen.keep_dates ?? keep_dates}
          onChange={(event) => ask({ keep_dates: DATES.find((dates) => dates === event.currentTarget.value) ?? 'removed' })}
          data={DATES.map((dates) => ({ value: dates, label: t(`header.date.${dates}`) }))}
        />
        <Checkbox
          label={t('header.characteristics')}
          checked={chosen.keep_characteristics ?? keep_characteristics}
          onChange={(event) => ask({ keep_characteristics: event.currentTarget.checked })}
        />
        <Refusal error={change.error} p="xs" />
      </Stack>
    </Card>
  )
}
