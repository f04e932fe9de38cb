// All keys of the page, read off the table that they are heard by, and what the pointer does.
import { Grid, Group, Kbd, Modal, Stack, Switch, Table, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { BINDINGS, chords, GROUPS, type Binding } from '../../model/keys'

interface Props {
  opened: boolean
  letters: boolean
  onLetters(letters: boolean): void
  onClose(): void
}
const GESTURES = ['draw', 'border', 'again', 'wheel', 'pan', 'window', 'measure', 'pinch'] as const

export function KeyList({ opened, letters, onLetters, onClose }: Props) {
  const { t } = useTranslation()
  return (
    <Modal opened={opened} onClose={onClose} title={t('read.keys')} size="xl" closeButtonProps={{ 'aria-label': t('app.cancel') }}>
      <Stack>
        <Switch label={t('read.letters')} checked={letters} onChange={(event) => onLetters(event.currentTarget.checked)} />
        <Grid>
          {GROUPS.map((group) => (
            <Grid.Col span={6} key={group}>
              <Title order={3} size="h6">{t(`key_group.${group}`)}</Title>
              <Table verticalSpacing={2} fz="sm">
                <Table.Tbody>
                  {BINDINGS.filter((binding) => binding.group === group).map((binding) => <Row key={chords(binding).join()} binding={binding} />)}
                </Table.Tbody>
              </Table>
            </Grid.Col>
          ))}
          <Grid.Col span={6}>
            <Title order={3} size="h6">{t('read.pointer')}</Title>
            {GESTURES.map((gesture) => <Text key={gesture} size="sm">{t(`gesture.${gesture}`)}</Text>)}
          </Grid.Col>
        </Grid>
      </Stack>
    </Modal>
  )
}

function Row({ binding }: { binding: Binding }) {
  const { t } = useTranslation()
  const { command, shift } = binding
  return (
    <Table.Tr>
      <Table.Td w={150}><Group gap={2}>{chords(binding).map((chord) => <Kbd key={chord} size="xs">{chord}</Kbd>)}</Group></Table.Td>
      <Table.Td>{t(`command.${command}`)}{command === 'nudge' ? ` (${shift ? 10 : 1} px)` : command === 'scroll' && shift ? ' (10)' : ''}</Table.Td>
    </Table.Tr>
  )
}
