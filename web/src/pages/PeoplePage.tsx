import { Alert, Button, Card, Code, Container, Group, NativeSelect, PasswordInput, Stack, Table, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { Concept } from '../api/client'
import { settings, useConcepts, useMembers, useProjects, useSetting, useTokens, useUsers } from '../api/queries'
import { conceptLines, readConcepts } from '../state/concepts'
import { Asked } from '../panels/Asked'
import { Confirm } from '../panels/Confirm'
import { PageTitle } from '../panels/PageTitle'
import { Refusal } from '../panels/Refusal'

const ROLES = ['annotator', 'reviewer', 'engineer', 'lead'] as const
const SCOPES = ['user', 'worker'] as const

export default function PeoplePage() {
  const { t } = useTranslation()
  return (
    <Container py="lg">
      <PageTitle mb="md">{t('people.title')}</PageTitle>
      <Stack>
        <Users />
        <Projects />
        <Tokens />
      </Stack>
    </Container>
  )
}

function Refused({ by }: { by: readonly { error: Error | null }[] }) {
  const error = by.find((one) => one.error)?.error
  return <Refusal error={error} mt="sm" />
}

function Users() {
  const { t } = useTranslation()
  const users = useUsers()
  const add = useSetting(settings.user)
  const disable = useSetting(settings.disable)
  const [fresh, setFresh] = useState({ username: '', display_name: '', password: '' })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate(fresh, { onSuccess: () => setFresh({ username: '', display_name: '', password: '' }) })
  }
  return (
    <Card withBorder component="section">
      <Title order={2} size="h4">{t('people.users')}</Title>
      <Asked query={users}>
        {({ users: found }) => (
          <Table>
            <Table.Tbody>
              {found.map((user) => (
                <Table.Tr key={user.id}>
                  <Table.Td>{user.username}</Table.Td>
                  <Table.Td>{user.display_name}</Table.Td>
                  <Table.Td>{user.is_admin && t('people.admin')}</Table.Td>
                  <Table.Td ta="right">
                    {user.disabled ? (
                      <Button size="compact-sm" variant="default" aria-label={`${t('people.enable')}: ${user.username}`} onClick={() => disable.mutate({ user: user.id, disabled: false })}>{t('people.enable')}</Button>
                    ) : (
                      <Confirm size="compact-sm" variant="default" label={t('people.disable')} about={user.username} consequence={t('people.disable_text')} onConfirm={() => disable.mutate({ user: user.id, disabled: true })} />
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Asked>
      <form onSubmit={submit}>
        <Group align="flex-end" mt="sm">
          <TextInput required label={t('sign_in.username')} autoComplete="off" value={fresh.username} onChange={(e) => setFresh({ ...fresh, username: e.currentTarget.value })} />
          <TextInput required label={t('people.name')} value={fresh.display_name} onChange={(e) => setFresh({ ...fresh, display_name: e.currentTarget.value })} />
          <PasswordInput required w={200} label={t('sign_in.password')} autoComplete="new-password" value={fresh.password} onChange={(e) => setFresh({ ...fresh, password: e.currentTarget.value })} />
          <Button type="submit" loading={add.isPending}>{t('people.add_user')}</Button>
        </Group>
      </form>
      <Refused by={[add, disable]} />
    </Card>
  )
}

function Projects() {
  const { t } = useTranslation()
  const projects = useProjects()
  const add = useSetting(settings.project)
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate(name, { onSuccess: (made) => (setName(''), setChosen(made.id)) })
  }
  return (
    <Card withBorder component="section">
      <Title order={2} size="h4">{t('people.members')}</Title>
      <form onSubmit={submit}>
        <Group align="flex-end">
          <TextInput required label={t('people.project_name')} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <Button type="submit" loading={add.isPending}>{t('people.add_project')}</Button>
        </Group>
      </form>
      <Refused by={[add]} />
      <Asked query={projects}>
        {({ projects: found }) =>
          found.length > 0 && (
            <>
              <NativeSelect mt="sm" w={320} label={t('people.project')} value={chosen || found[0]?.id} onChange={(e) => setChosen(e.currentTarget.value)} data={found.map((p) => ({ value: p.id, label: p.name }))} />
              <Members project={chosen || (found[0]?.id ?? '')} />
              <Ontology key={chosen || found[0]?.id} project={chosen || (found[0]?.id ?? '')} langs={(found.find((p) => p.id === chosen) ?? found[0])?.langs ?? []} />
            </>
          )
        }
      </Asked>
    </Card>
  )
}

// Not before the concepts are there: what is saved replaces them all.
function Ontology({ project, langs }: { project: string; langs: readonly string[] }) {
  const concepts = useConcepts(project)
  return <Asked query={concepts}>{(found) => <Concepts project={project} langs={langs} concepts={found.concepts} />}</Asked>
}

function Concepts({ project, langs, concepts }: { project: string; langs: readonly string[]; concepts: readonly Concept[] }) {
  const { t } = useTranslation()
  const replace = useSetting(settings.concepts)
  const [lines, setLines] = useState<string | null>(null)
  const shown = lines ?? conceptLines(concepts, langs)
  const { concepts: read, complaint } = readConcepts(shown, langs)
  return (
    <Stack gap="xs" mt="sm">
      <Textarea
        autosize
        minRows={3}
        maxRows={12}
        label={t('people.concepts')}
        descriptionProps={{ c: 'gray.3' }}
        description={`key | lesion | ${langs.map((lang) => `${lang}; ${t('people.synonym')}`).join(' | ')} | ct | RadLex:RID1301`}
        error={complaint === null ? undefined : t('people.line', { line: complaint })}
        value={shown}
        onChange={(e) => setLines(e.currentTarget.value)}
      />
      <Group><Button disabled={lines === null || complaint !== null} loading={replace.isPending} onClick={() => replace.mutate({ id: project, concepts: read }, { onSuccess: () => setLines(null) })}>{t('people.save')}</Button></Group>
      <Refused by={[replace]} />
    </Stack>
  )
}

function Members({ project }: { project: string }) {
  const { t } = useTranslation()
  const members = useMembers(project)
  const users = useUsers()
  const give = useSetting(settings.role)
  const leave = useSetting(settings.leave)
  const [user, setUser] = useState('')
  const roleOf = (value: string) => ROLES.find((role) => role === value) ?? 'annotator'
  const roles = ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))
  return (
    <Asked query={members}>
      {({ members: found }) => {
        const others = (users.data?.users ?? []).filter((one) => !found.some((member) => member.id === one.id))
        return (
          <>
            <Table>
              <Table.Tbody>
                {found.map((member) => (
                  <Table.Tr key={member.id}>
                    <Table.Td>{member.display_name}</Table.Td>
                    <Table.Td><NativeSelect size="xs" aria-label={`${t('people.role')}: ${member.display_name}`} value={member.role} onChange={(e) => give.mutate({ id: project, user: member.id, role: roleOf(e.currentTarget.value) })} data={roles} /></Table.Td>
                    <Table.Td ta="right"><Confirm size="compact-sm" variant="default" label={t('people.remove')} about={member.display_name} consequence={t('people.remove_text')} onConfirm={() => leave.mutate({ id: project, user: member.id })} /></Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
            <Group align="flex-end" mt="sm">
              <NativeSelect w={240} label={t('people.user')} value={user} onChange={(e) => setUser(e.currentTarget.value)} data={[{ value: '', label: t('people.choose') }, ...others.map((one) => ({ value: one.id, label: one.display_name }))]} />
              <Button disabled={user === ''} onClick={() => give.mutate({ id: project, user, role: 'annotator' }, { onSuccess: () => setUser('') })}>{t('people.add_member')}</Button>
            </Group>
            <Refused by={[give, leave]} />
          </>
        )
      }}
    </Asked>
  )
}

function Tokens() {
  const { t } = useTranslation()
  const tokens = useTokens()
  const issue = useSetting(settings.token)
  const revoke = useSetting(settings.revoke)
  const [name, setName] = useState('')
  const [scope, setScope] = useState<(typeof SCOPES)[number]>('worker')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    issue.mutate({ name, scope }, { onSuccess: () => setName('') })
  }
  return (
    <Card withBorder component="section">
      <Title order={2} size="h4">{t('people.tokens')}</Title>
      <Asked query={tokens}>
        {({ tokens: found }) => (
          <Table>
            <Table.Tbody>
              {found.filter((token) => !token.revoked_at).map((token) => (
                <Table.Tr key={token.id}>
                  <Table.Td>{token.name}</Table.Td>
                  <Table.Td>{t(`scope.${token.scope}`)}</Table.Td>
                  <Table.Td>{token.created_at.slice(0, 10)}</Table.Td>
                  <Table.Td ta="right"><Confirm size="compact-sm" variant="default" label={t('people.revoke')} about={token.name} consequence={t('people.revoke_text')} onConfirm={() => revoke.mutate(token.id)} /></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Asked>
      <form onSubmit={submit}>
        <Group align="flex-end" mt="sm">
          <TextInput required label={t('people.token_name')} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <NativeSelect label={t('people.scope')} value={scope} onChange={(e) => setScope(SCOPES.find((s) => s === e.currentTarget.value) ?? 'worker')} data={SCOPES.map((s) => ({ value: s, label: t(`scope.${s}`) }))} />
          <Button type="submit" loading={issue.isPending}>{t('people.issue')}</Button>
        </Group>
      </form>
      {issue.data && <Alert color="cyan" mt="sm" role="status"><Text size="sm">{t('people.once')}</Text><Code>{issue.data.token}</Code></Alert>}
      <Refused by={[issue, revoke]} />
    </Card>
  )
}
