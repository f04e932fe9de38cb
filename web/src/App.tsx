import { Anchor, AppShell, Badge, Button, Center, Group, Loader, Text } from '@mantine/core'
import { Suspense, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, NavLink, Outlet, Route, Routes, useLocation, useParams } from 'react-router'
import type { User } from './api/client'
import { saveLanguage, useProject, useSession, useSignOut } from './api/queries'
import { chooseLang } from './i18n'
import { may } from './model/roles'
import {
  ComparePage, DifferencesPage, EvaluationDifferencePage, EvaluationPage, EvaluationsPage, FeedbackPage, ImportPage, ImportsPage, LaunchPage, ModelsPage, PeoplePage, ProjectPage, ProjectsPage, ReadPage, RoundPage,
  RoundsPage, RunPage, RunsPage, SnapshotsPage, UploadPage, WorklistPage,
} from './pages/pages'
import { SignInPage } from './pages/SignInPage'
import { Asked } from './panels/Asked'
import { Boundary } from './panels/Boundary'
import { LanguageChoice } from './panels/LanguageChoice'
import { Refusal } from './panels/Refusal'
import { flushAll } from './state/outbox'

export function App() {
  const session = useSession()
  const user = session.data
  const lang = user?.interface_lang
  useEffect(() => {
    if (lang) chooseLang(lang)
  }, [lang])
  // A page that somebody works on stays, even where the server does not answer who they are.
  if (session.data === undefined) return <Asked query={session}>{() => null}</Asked>
  if (!user) return <SignInPage />
  return (
    <Routes>
      <Route element={<Shell key={user.id} user={user} />}>
        <Route index element={<ProjectsPage />} />
        {user.is_admin && <Route path="people" element={<PeoplePage />} />}
        <Route path="projects/:project">
          <Route index element={<ProjectPage />} />
          <Route path="worklist" element={<WorklistPage />} />
          <Route path="upload" element={<UploadPage />} />
          <Route path="imports" element={<ImportsPage />} />
          <Route path="imports/:import" element={<ImportPage />} />
          <Route path="read/:image?" element={<ReadPage />} />
          <Route path="snapshots" element={<SnapshotsPage />} />
          <Route path="snapshots/differences" element={<DifferencesPage />} />
          <Route path="runs" element={<RunsPage />} />
          <Route path="runs/new" element={<LaunchPage />} />
          <Route path="runs/compare" element={<ComparePage />} />
          <Route path="runs/:run" element={<RunPage />} />
          <Route path="models" element={<ModelsPage />} />
          <Route path="rounds" element={<RoundsPage />} />
          <Route path="rounds/:round" element={<RoundPage />} />
          <Route path="evaluations" element={<EvaluationsPage />} />
          <Route path="evaluations/diff" element={<EvaluationDifferencePage />} />
          <Route path="evaluations/:run" element={<EvaluationPage />} />
          <Route path="feedback" element={<FeedbackPage />} />
        </Route>
        <Route path="*" element={<ProjectsPage />} />
      </Route>
    </Routes>
  )
}

function Wait() {
  const { t } = useTranslation()
  return (
    <Center h="100%" mih={200}>
      <Loader aria-label={t('app.loading')} />
    </Center>
  )
}

function Shell({ user }: { user: User }) {
  const { t } = useTranslation()
  const signOut = useSignOut()
  const { project } = useParams()
  const { pathname } = useLocation()
  // What was written last is sent while it still may be.
  const leave = () => void flushAll().then(() => signOut.mutate())
  return (
    <AppShell header={{ height: 48 }}>
      <AppShell.Header px="md">
        <a className="skip" href="#main">{t('app.skip')}</a>
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="md" wrap="nowrap">
            <Anchor component={Link} to="/" fw={700} c="cyan.3">medreg</Anchor>
            {project && <ProjectNav id={project} />}
            {user.is_admin && !project && <Anchor component={NavLink} to="/people" size="sm" c="gray.3">{t('people.title')}</Anchor>}
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LanguageChoice onChoose={(lang) => void saveLanguage(lang)} />
            <Text size="sm">{user.display_name}</Text>
            <Button size="compact-sm" variant="default" loading={signOut.isPending} onClick={leave}>{t('app.sign_out')}</Button>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Main id="main">
        <Refusal error={signOut.error} m="md" />
        <Boundary at={pathname}>
          <Suspense fallback={<Wait />}>
            <Outlet />
          </Suspense>
        </Boundary>
      </AppShell.Main>
    </AppShell>
  )
}

function ProjectNav({ id }: { id: string }) {
  const { t } = useTranslation()
  const project = useProject(id).data
  const role = project?.role
  const item = (to: string, label: string) => (
    <Anchor key={to} component={NavLink} to={`/projects/${id}${to}`} size="sm" c="gray.3" end={to === ''}>{label}</Anchor>
  )
  return (
    <Group gap="sm" component="nav" wrap="nowrap">
      {item('', project?.name ?? t('nav.home'))}
      {project?.synthetic && <Badge color="grape" variant="outline">{t('app.synthetic')}</Badge>}
      {item('/worklist', t('nav.worklist'))}
      {(may(role, 'upload') || may(role, 'attest')) && item('/upload', t('nav.upload'))}
      {may(role, 'train') && [item('/snapshots', t('nav.snapshots')), item('/runs', t('nav.runs')), item('/models', t('nav.models')), item('/evaluations', t('nav.evaluations')), item('/rounds', t('nav.rounds'))]}
      {may(role, 'manage') && item('/feedback', t('nav.feedback'))}
    </Group>
  )
}
