// A button for what cannot be taken back: it says what will happen, and asks.
import { Button, Group, Modal, Stack, Text, type ButtonProps } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'

interface Props extends ButtonProps {
  label: string
  // What tells it from the other buttons of its name, for whoever does not see the row it stands in.
  about?: string
  consequence: string
  onConfirm(): void
}

export function Confirm({ label, about, consequence, onConfirm, ...props }: Props) {
  const { t } = useTranslation()
  const [asking, { open, close }] = useDisclosure()
  const confirm = () => {
    close()
    onConfirm()
  }
  return (
    <>
      <Button {...props} aria-label={about && `${label}: ${about}`} onClick={open}>{label}</Button>
      <Modal opened={asking} onClose={close} title={about ? `${label}: ${about}` : label} closeButtonProps={{ 'aria-label': t('app.cancel') }}>
        <Stack>
          <Text>{consequence}</Text>
          <Group justify="flex-end">
            <Button variant="default" data-autofocus onClick={close}>{t('app.cancel')}</Button>
            <Button color="red" onClick={confirm}>{label}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
