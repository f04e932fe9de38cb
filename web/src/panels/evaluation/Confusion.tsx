// Which concept was taken for which. A cell says its number; the shade only repeats it.
import { Group, Stack, Table, Text, Title, UnstyledButton } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Figures } from '../../api/client'
import { languageName } from '../../i18n/names'
import { matrixOf, matrixPicture, type Matrix } from '../../model/evaluation'
import { SaveFigure, SaveTable } from '../Save'

interface Props {
  figures: Figures
  nameOf: (key: string | null) => string
  show: (cell: { concept: string; named: string; lang: string }) => void
}

export function Confusion({ figures, nameOf, show }: Props) {
  const { t } = useTranslation()
  const langs = figures.scores.map(({ lang }) => lang)
  return (
    <section>
      <Title order={2} size="h4">{t('evaluation.confusion')}</Title>
      <Text size="sm" c="gray.4">{t('evaluation.confusion_text')}</Text>
      <Group align="flex-start" gap="xl">
        {langs.map((lang) => {
          const matrix = matrixOf(figures.confusion, lang)
          return matrix.truths.length > 0 && <OneLanguage key={lang} lang={lang} matrix={matrix} nameOf={nameOf} show={(concept, named) => show({ concept, named, lang })} />
        })}
      </Group>
    </section>
  )
}

function OneLanguage({ lang, matrix, nameOf, show }: { lang: string; matrix: Matrix; nameOf: Props['nameOf']; show: (concept: string, named: string) => void }) {
  const { t } = useTranslation()
  const title = `${t('evaluation.confusion')}: ${languageName(lang)}`
  const file = `confusion-${lang}`
  return (
    <Stack gap={4}>
      <Group justify="space-between"><Text size="sm" fw={600}>{languageName(lang)}</Text><Group gap={4}><SaveTable name={file} rows={() => rowsOf(matrix, nameOf)} /><SaveFigure name={file} drawn={() => matrixPicture(matrix, nameOf, title)} /></Group></Group>
      <Table.ScrollContainer minWidth={0} maw={600}>
        <Table withTableBorder withColumnBorders w="auto" fz="xs" verticalSpacing={2} aria-label={title}>
          <Table.Thead>
            <Table.Tr><Table.Td>{t('evaluation.true_named')}</Table.Td>{matrix.named.map((key) => <Table.Th key={key} scope="col">{nameOf(key)}</Table.Th>)}</Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {matrix.truths.map((truth, row) => (
              <Table.Tr key={truth}>
                <Table.Th scope="row">{nameOf(truth)}</Table.Th>
                {matrix.named.map((key, column) => <Cell key={key} count={matrix.counts[row]?.[column] ?? 0} of={matrix.sums[row] ?? 0} right={key === truth} label={t('evaluation.cell', { truth: nameOf(truth), named: nameOf(key) })} show={() => show(truth, key ?? '')} />)}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  )
}

function Cell({ count, of, right, label, show }: { count: number; of: number; right: boolean; label: string; show: () => void }) {
  const share = of > 0 ? count / of : 0
  const style = { background: `rgba(92, 225, 230, ${0.35 * share})`, outline: right ? '2px solid var(--mantine-color-yellow-4)' : undefined, outlineOffset: -2 }
  return (
    <Table.Td ta="center" style={style}>
      {count === 0 ? <span>0</span> : <UnstyledButton fz="xs" td="underline" c="white" aria-label={`${count}: ${label}`} onClick={show}>{count}</UnstyledButton>}
    </Table.Td>
  )
}

const rowsOf = ({ truths, named, counts }: Matrix, nameOf: Props['nameOf']) => [['', ...named.map(nameOf)], ...truths.map((truth, row) => [nameOf(truth), ...(counts[row] ?? [])])]
