// What stands where a page broke, or could not be loaded: an upgraded server no longer has the files of the page before.
import { Alert, Button, Stack, Text } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  // Where the page is; another place is tried anew.
  at: string
  children: ReactNode
}

export class Boundary extends Component<Props, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override componentDidUpdate(before: Props) {
    if (before.at !== this.props.at && this.state.error) this.setState({ error: null })
  }

  override render() {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children
  }
}

function Broken({ error }: { error: Error }) {
  const { t } = useTranslation()
  return (
    <Alert color="red" role="alert" m="md" title={t('app.broken')}>
      <Stack align="flex-start">
        <Text size="sm">{error.message}</Text>
        <Button variant="default" onClick={() => location.reload()}>{t('app.reload')}</Button>
      </Stack>
    </Alert>
  )
}
