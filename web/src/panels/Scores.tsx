import { Table } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Run } from '../api/client'
import { languageName } from '../i18n/names'

export function Scores({ evaluation }: { evaluation: NonNullable<Run['evaluation']> }) {
  const { t } = useTranslation()
  const langs = [...new Set([...Object.keys(evaluation.accuracy), ...Object.keys(evaluation.mean_iou)])]
  const row = (label: string, values: Record<string, number>) => (
    <Table.Tr>
      <Table.Th scope="row">{label}</Table.Th>
      {langs.map((lang) => <Table.Td key={lang}>{values[lang]?.toFixed(3) ?? '–'}</Table.Td>)}
    </Table.Tr>
  )
  return (
    <Table w="auto" captionSide="top" style={{ alignSelf: 'flex-start' }}>
      <Table.Caption ta="left">{t('runs.scores')} (n = {evaluation.patients})</Table.Caption>
      <Table.Thead><Table.Tr><Table.Td />{langs.map((lang) => <Table.Th key={lang}>{languageName(lang)}</Table.Th>)}</Table.Tr></Table.Thead>
      <Table.Tbody>
        {row(t('runs.accuracy'), evaluation.accuracy)}
        {row(t('runs.iou'), evaluation.mean_iou)}
        {row(t('runs.f1'), evaluation.region_f1)}
      </Table.Tbody>
    </Table>
  )
}
