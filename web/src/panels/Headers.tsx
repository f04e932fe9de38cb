// What the headers of DICOM files that come keep of a patient, where a lead decides it.
import { Card, Checkbox, NativeSelect, Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Project } from '../api/client'
import { settings, useSetting } from '../api/queries'
import { Refusal } from './Refusal'

const DATES = ['removed', 'shifted'] as const

export function Headers({ project: { id, keep_dates, keep_characteristics } }: { project: Project }) {
  const { t } = useTranslation()
  const change = useSetting(settings.headers)
  // What was chosen is seen at once, whether or not the server has answered yet.
  const asked = change.isPending ? change.variables : undefined
  return (
    <Card withBorder component="section" aria-labelledby="headers">
      <Stack gap="xs">
        <Title id="headers" order={2} size="h5">{t('header.settings')}</Title>
        <Text size="sm" c="gray.4">{t('header.text')}</Text>
        <NativeSelect
          maw={640}
          label={t('header.dates')}
          value={asked?.keep_dates ?? keep_dates}
          onChange={(event) => change.mutate({ id, keep_dates: DATES.find((dates) => dates === event.currentTarget.value) ?? 'removed' })}
          data={DATES.map((dates) => ({ value: dates, label: t(`header.date.${dates}`) }))}
        />
        <Checkbox
          label={t('header.characteristics')}
          checked={asked?.keep_characteristics ?? keep_characteristics}
          onChange={(event) => change.mutate({ id, keep_characteristics: event.currentTarget.checked })}
        />
        <Refusal error={change.error} p="xs" />
      </Stack>
    </Card>
  )
}
