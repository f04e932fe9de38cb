// All keys of the page, read off the table that they are heard by, what the pointer does, and how each reader works with both.
import { Group, Kbd, Modal, Stack, Switch, Table, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Settings } from '../../api/client'
import { BINDINGS, chords, GROUPS, type Binding } from '../../model/keys'

interface Props {
  opened: boolean
  settings: Settings
  onChange(changed: Partial<Settings>): void
  onClose(): void
}
const GESTURES = ['draw', 'border', 'again', 'corners', 'wheel', 'pan', 'window', 'measure', 'pinch'] as const
const SWITCHES = ['letter_keys', 'two_clicks', 'box_names'] as const
const TOGETHER = { breakInside: 'avoid', marginBottom: 16 } as const

export function KeyList({ opened, settings, onChange, onClose }: Props) {
  const { t } = useTranslation()
  return (
    <Modal opened={opened} onClose={onClose} title={t('read.keys')} size={1180} closeButtonProps={{ 'aria-label': t('app.cancel') }}>
      <Stack>
        <Group gap="xl">
          {SWITCHES.map((name) => <Switch key={name} label={t(`setting.${name}`)} checked={settings[name]} onChange={(event) => onChange({ [name]: event.currentTarget.checked })} />)}
        </Group>
        <div style={{ columns: '3 300px', columnGap: 32 }}>
          {GROUPS.map((group) => (
            <section key={group} style={TOGETHER}>
              <Title order={3} size="h6">{t(`key_group.${group}`)}</Title>
              <Table verticalSpacing={2} fz="sm">
                <Table.Tbody>
                  {BINDINGS.filter((binding) => binding.group === group).map((binding) => <Row key={chords(binding).join()} binding={binding} />)}
                </Table.Tbody>
              </Table>
            </section>
          ))}
          <section style={TOGETHER}>
            <Title order={3} size="h6">{t('read.pointer')}</Title>
            {GESTURES.map((gesture) => <Text key={gesture} size="sm">{t(`gesture.${gesture}`)}</Text>)}
          </section>
        </div>
      </Stack>
    </Modal>
  )
}

function Row({ binding }: { binding: Binding }) {
  const { t } = useTranslation()
  const { command, shift } = binding
  return (
    <Table.Tr>
      <Table.Td w={140}><Group gap={2}>{chords(binding).map((chord) => <Kbd key={chord} size="xs">{chord}</Kbd>)}</Group></Table.Td>
      <Table.Td>{t(`command.${command}`)}{command === 'nudge' ? ` (${shift ? 10 : 1} px)` : command === 'scroll' && shift ? ' (10)' : ''}</Table.Td>
    </Table.Tr>
  )
}
