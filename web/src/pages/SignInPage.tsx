import { Button, Card, Center, PasswordInput, Stack, TextInput, Title } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useSignIn } from '../api/queries'
import { Refusal } from '../panels/Refusal'

export function SignInPage() {
  const { t } = useTranslation()
  const signIn = useSignIn()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate({ username, password })
  }
  return (
    <Center h="100%" component="main">
      <Card withBorder w={360} p="lg">
        <form onSubmit={submit}>
          <Stack>
            <Title order={1} size="h3">{t('sign_in.title')}</Title>
            <TextInput label={t('sign_in.username')} autoComplete="username" required autoFocus value={username} onChange={(e) => setUsername(e.currentTarget.value)} />
            <PasswordInput label={t('sign_in.password')} autoComplete="current-password" required value={password} onChange={(e) => setPassword(e.currentTarget.value)} />
            <Refusal error={signIn.error} />
            <Button type="submit" loading={signIn.isPending}>{t('sign_in.go')}</Button>
          </Stack>
        </form>
      </Card>
    </Center>
  )
}
