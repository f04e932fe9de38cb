// What was done to the header of an image's file so that it says nothing of the patient: which attributes, never their values.
import { ScrollArea, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useDeidentification } from '../api/queries'
import { Asked } from './Asked'

const DEEDS = ['removed', 'emptied', 'replaced', 'uid_replaced', 'shifted', 'kept'] as const

export function Deidentification({ image, about }: { image: string; about: string }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary aria-label={`${t('header.title')}: ${about}`}>{t('header.title')}</summary>
      {open && <Report image={image} about={about} />}
    </details>
  )
}

function Report({ image, about }: { image: string; about: string }) {
  const { t } = useTranslation()
  const report = useDeidentification(image)
  return (
    <Asked query={report}>
      {(found) =>
        found ? (
          <Stack gap="xs">
            <Text size="sm">
              {DEEDS.filter((deed) => found.counts[deed] > 0)
                .map((deed) => `${t(`header.deed.${deed}`)}: ${found.counts[deed]}`)
                .join(' · ')}
            </Text>
            <ScrollArea.Autosize mah={280} type="auto" viewportProps={{ tabIndex: 0, 'aria-label': `${t('header.title')}: ${about}`, role: 'region' }}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th scope="col">{t('header.attribute')}</Table.Th>
                    <Table.Th scope="col">{t('header.done')}</Table.Th>
                    <Table.Th scope="col">{t('header.depth')}</Table.Th>
                    <Table.Th scope="col">{t('header.times')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {found.attributes.map(({ tag, name, deed, depth, times }) => (
                    <Table.Tr key={`${tag}.${deed}.${depth}`}>
                      <Table.Td>({tag}) {name ?? t('header.unknown')}</Table.Td>
                      <Table.Td>{t(`header.deed.${deed}`)}</Table.Td>
                      <Table.Td>{depth}</Table.Td>
                      <Table.Td>{times}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </ScrollArea.Autosize>
          </Stack>
        ) : (
          <Text size="sm">{t('header.none')}</Text>
        )
      }
    </Asked>
  )
}
