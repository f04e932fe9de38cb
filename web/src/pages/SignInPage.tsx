import { Button, Card, Center, Group, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useSignIn } from '../api/queries'
import { Refusal } from '../panels/Refusal'
import { LanguageChoice } from '../panels/LanguageChoice'
import { PageTitle } from '../panels/PageTitle'

export function SignInPage() {
  const { t } = useTranslation()
  const signIn = useSignIn()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  // Chosen here, it is kept; otherwise the reader's own one follows.
  const [lang, setLang] = useState<string | null>(null)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate({ username, password, lang })
  }
  return (
    <Center h="100%" component="main">
      <Card withBorder w={360} p="lg">
        <form onSubmit={submit}>
          <Stack>
            <Group justify="space-between" wrap="nowrap">
              <PageTitle size="h3">{t('sign_in.title')}</PageTitle>
              <LanguageChoice onChoose={setLang} />
            </Group>
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
