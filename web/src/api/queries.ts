// What the pages ask for and do, as hooks.
import { keepPreviousData, useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { CALIBRATION_FILE, readCalibration } from '../model/calibration'
import type { Series } from '../model/curves'
import { settingsOf } from '../state/runSettings'
import {
  ApiError, csrfHeader, got, http, refusal, rememberCsrf, type Asked, type Content, type Described, type ExportFormat, type Fault, type Filter, type Import, type Round, type Settings, type Strategy, type User,
} from './client'
import type { components } from './schema'

type ImageState = components['schemas']['ImageState']
type Route = components['schemas']['Route']
const project = (id: string) => ({ params: { path: { project: id } } })

// Who is signed in, and how they work with the page.
type SignedIn = User & { settings: Settings }

export function useSession() {
  return useQuery({
    queryKey: ['session'],
    staleTime: Infinity,
    queryFn: async (): Promise<SignedIn | null> => {
      try {
        const session = await got(http.GET('/api/session'))
        rememberCsrf(session.csrf_token)
        return { ...session.user, settings: session.settings }
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      }
    },
  })
}
// Whether the server no longer knows this page's session: it ended, or another tab signed in anew.
const isSessionOver = (error: unknown) => error instanceof ApiError && ['unauthenticated', 'wrong_csrf_token'].includes(error.code)
// Asks who is signed in where a refusal says that it is somebody else, or nobody.
export function noticeEnd(queries: QueryClient, error: unknown): void {
  if (isSessionOver(error)) void queries.invalidateQueries({ queryKey: ['session'] })
}

export const readerOf = (queries: QueryClient) => queries.getQueryData<User | null>(['session'])?.id

// For calls that do not pass through react-query: their refusal, too, asks who is signed in.
export function useSessionCheck() {
  const queries = useQueryClient()
  return useCallback(
    async <T>(call: Promise<T>): Promise<T> => {
      try {
        return await call
      } catch (error) {
        noticeEnd(queries, error)
        throw error
      }
    },
    [queries],
  )
}
// What one reader's session has asked for is not the next one's to see. The session's own query stays: the page listens to it.
async function begin(queries: QueryClient, user: SignedIn | null) {
  // An answer that is still on its way speaks of the session before, or of the language before.
  await queries.cancelQueries({ queryKey: ['session'] })
  queries.setQueryData(['session'], user)
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
}
export function useSignIn() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ lang, ...body }: { username: string; password: string; lang: string | null }) => {
      const session = await got(http.POST('/api/session', { body }))
      rememberCsrf(session.csrf_token)
      // Kept before anybody asks again who is signed in; where it cannot be, it holds for this visit.
      if (lang) await saveLanguage(lang).catch(() => undefined)
      return { ...session.user, settings: session.settings, interface_lang: lang ?? session.user.interface_lang }
    },
    onSuccess: (user) => begin(queries, user),
  })
}
export function useSignOut() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => got(http.DELETE('/api/session')),
    onSuccess: () => begin(queries, null),
  })
}
// What a reader changed is seen at once, whether or not the server can keep it now.
export function useSettings() {
  const queries = useQueryClient()
  const settings = useSession().data?.settings ?? { letter_keys: true, two_clicks: false, box_names: true }
  const { mutate } = useMutation({
    // One after the other: what was chosen last is what is kept.
    scope: { id: 'settings' },
    mutationFn: (body: Settings) => got(http.PUT('/api/session/settings', { body })),
    onMutate: (changed) => queries.setQueryData<SignedIn | null>(['session'], (user) => user && { ...user, settings: changed }),
  })
  return { settings, change: (changed: Partial<Settings>) => mutate({ ...settings, ...changed }) }
}
export const saveLanguage = (interface_lang: string) => got(http.PATCH('/api/session', { body: { interface_lang } }))

export const useProjects = () => useQuery({ queryKey: ['projects'], queryFn: () => got(http.GET('/api/projects')) })
export const useProject = (id: string) =>
  useQuery({ queryKey: ['project', id], queryFn: () => got(http.GET('/api/projects/{project}', project(id))) })
export const useProgress = (id: string) =>
  useQuery({ queryKey: ['progress', id], queryFn: () => got(http.GET('/api/projects/{project}/progress', project(id))), refetchInterval: 10000 })
export const useConcepts = (id: string) =>
  useQuery({ queryKey: ['concepts', id], queryFn: () => got(http.GET('/api/projects/{project}/concepts', project(id))) })
export const useTemplates = (id: string) =>
  useQuery({ queryKey: ['templates', id], queryFn: () => got(http.GET('/api/projects/{project}/templates', project(id))) })
export const useImages = (id: string, state: ImageState | null, route: Route | null, after: string | null) =>
  useQuery({
    queryKey: ['images', id, state, route, after],
    queryFn: () =>
      got(
        http.GET('/api/projects/{project}/images', {
          params: { path: { project: id }, query: { state: state ?? undefined, route: route ?? undefined, after: after ?? undefined, limit: 50 } },
        }),
      ),
  })
export async function uploadImage(id: string, file: File, fields: { patient: string; attested: boolean }): Promise<boolean> {
  const form = new FormData()
  form.set('file', file)
  form.set('attested', String(fields.attested))
  if (fields.patient) form.set('patient', fields.patient)
  const response = await fetch(`/api/projects/${id}/images`, { method: 'POST', body: form, headers: csrfHeader() })
  if (!response.ok) throw await refusal(response)
  return response.status === 201
}
// What was done to the header of the image's file; null where it came without one, or before headers were kept.
export const useDeidentification = (image: string) =>
  useQuery({
    queryKey: ['deidentification', image],
    staleTime: Infinity,
    queryFn: () =>
      got(http.GET('/api/images/{image}/deidentification', { params: { path: { image } } })).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return null
        throw error
      }),
  })
export function useAttest() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ image, burned_in }: { image: string; burned_in: boolean }) =>
      got(http.POST('/api/images/{image}/attestation', { params: { path: { image } }, body: { burned_in } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['images'] }),
  })
}

// Questions to the model about an image, the newest first.
export const useInquiries = (image: string) =>
  useQuery({ queryKey: ['inquiries', image], queryFn: () => inquiriesAbout(image) })
export const inquiriesAbout = async (image: string) => (await got(http.GET('/api/images/{image}/inquiries', { params: { path: { image } } }))).inquiries
export const askModel = (image: string, body: Asked) => got(http.POST('/api/images/{image}/inquiries', { params: { path: { image } }, body }))
export const withdrawInquiry = (inquiry: string) => got(http.DELETE('/api/inquiries/{inquiry}', { params: { path: { inquiry } } }))

export const nextCase = (id: string) => got(http.POST('/api/projects/{project}/cases/next', { ...project(id), body: { split: null } }))
// The image that is likely to be the next case; nobody holds it yet.
export const upcomingCase = (id: string) => got(http.GET('/api/projects/{project}/cases/upcoming', project(id)))
export const openCase = (image: string) => got(http.POST('/api/images/{image}/lease', { params: { path: { image } } }))
export const giveBack = (lease: string) => got(http.DELETE('/api/leases/{lease}', { params: { path: { lease } } }))
export const renewLease = (lease: string) => got(http.PUT('/api/leases/{lease}', { params: { path: { lease } } }))
export const saveAnnotation = (image: string, based_on: number, content: Content) =>
  got(http.PUT('/api/images/{image}/annotation', { params: { path: { image } }, body: { based_on, content } }))
export const lint = async (image: string, body: Described) =>
  (await got(http.POST('/api/images/{image}/lint', { params: { path: { image } }, body }))).flags
export const submitAnnotation = (image: string, revision: number, active_seconds: number) =>
  got(http.POST('/api/images/{image}/annotation/submit', { params: { path: { image } }, body: { revision, active_seconds } }))

// The images of the same patient that may be shown beside one, itself among them.
export const useRelated = (image: string) =>
  useQuery({
    queryKey: ['related', image],
    staleTime: Infinity,
    queryFn: async () => (await got(http.GET('/api/images/{image}/related', { params: { path: { image } } }))).images,
  })

export const useSnapshots = (id: string) =>
  useQuery({ queryKey: ['snapshots', id], queryFn: () => got(http.GET('/api/projects/{project}/snapshots', project(id))) })
export function useCutSnapshot(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ name, filter }: { name: string; filter: Filter }) => got(http.POST('/api/projects/{project}/snapshots', { ...project(id), body: { name: name || null, filter } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['snapshots', id] }),
  })
}

// What a snapshot cut now would hold.
export const useSnapshotPreview = (id: string, filter: Filter) =>
  useQuery({
    queryKey: ['snapshot-preview', id, filter],
    placeholderData: keepPreviousData,
    queryFn: () => got(http.POST('/api/projects/{project}/snapshots/preview', { ...project(id), body: filter })),
  })

// How often it is asked how far a file is.
const EXPORT_MS = 1000
// The files that were asked for of a snapshot, watched while one is written.
export const useExports = (snapshot: string) =>
  useQuery({
    queryKey: ['exports', snapshot],
    queryFn: () => got(http.GET('/api/snapshots/{snapshot}/exports', { params: { path: { snapshot } } })),
    refetchInterval: ({ state }) => (state.data?.exports.some(({ state }) => state === 'waiting' || state === 'writing') ? EXPORT_MS : false),
  })
export function useAskForExport(snapshot: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (format: ExportFormat) => got(http.PUT('/api/snapshots/{snapshot}/exports/{format}', { params: { path: { snapshot, format } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['exports', snapshot] }),
  })
}
export function useDeleteExport(snapshot: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (format: ExportFormat) => got(http.DELETE('/api/snapshots/{snapshot}/exports/{format}', { params: { path: { snapshot, format } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['exports', snapshot] }),
  })
}

// Data sets on their way in.
const importOf = (id: string) => ({ params: { path: { import: id } } })
export const isAtWork = ({ state }: { state: Import['state'] }) => ['to_check', 'checking', 'to_take', 'taking'].includes(state)
export const useLayouts = () => useQuery({ queryKey: ['layouts'], staleTime: Infinity, queryFn: () => got(http.GET('/api/layouts')) })
export const useImports = (id: string) =>
  useQuery({ queryKey: ['imports', id], queryFn: () => got(http.GET('/api/projects/{project}/imports', project(id))) })
export const useImport = (id: string) =>
  useQuery({
    queryKey: ['import', id],
    queryFn: () => got(http.GET('/api/imports/{import}', importOf(id))),
    refetchInterval: ({ state }) => (state.data && isAtWork(state.data) ? EXPORT_MS : false),
  })
export const useLeftOut = (id: string, after: number, counted: number) =>
  useQuery({
    queryKey: ['left-out', id, counted, after],
    enabled: counted > 0,
    placeholderData: keepPreviousData,
    queryFn: () => got(http.GET('/api/imports/{import}/left-out', { params: { path: { import: id }, query: { after, limit: 50 } } })),
  })
export function useBeginImport(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (format: string) => got(http.POST('/api/projects/{project}/imports', { ...project(id), body: { format } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['imports', id] }),
  })
}
// What is asked to be done with one; the answer says where it stands then.
export function useImportStep(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (step: { check: components['schemas']['ImportCheck'] } | { leave_out: boolean } | 'cancel') => {
      if (step === 'cancel') return got(http.DELETE('/api/imports/{import}', importOf(id)))
      if ('check' in step) return got(http.POST('/api/imports/{import}/check', { ...importOf(id), body: step.check }))
      return got(http.POST('/api/imports/{import}/take', { ...importOf(id), body: step }))
    },
    onSuccess: (now: Import) => {
      queries.setQueryData(['import', id], now)
      void queries.invalidateQueries({ queryKey: ['imports', now.project_id] })
    },
  })
}

// How the second of two snapshots differs from the first. Neither ever changes.
export const useDifferences = (before: string, after: string, from: string | null) =>
  useQuery({
    queryKey: ['differences', before, after, from],
    staleTime: Infinity,
    queryFn: () =>
      got(http.GET('/api/snapshots/{snapshot}/differences/{other}', { params: { path: { snapshot: before, other: after }, query: { after: from ?? undefined, limit: 50 } } })),
  })

export interface RunsWanted {
  tag: string
  text: string
  after: string | null
}
export const useRuns = (id: string, { tag, text, after }: RunsWanted) =>
  useQuery({
    queryKey: ['runs', id, tag, text, after],
    queryFn: () =>
      got(
        http.GET('/api/projects/{project}/runs', {
          params: { path: { project: id }, query: { tag: tag || undefined, text: text || undefined, after: after ?? undefined, limit: 25 } },
        }),
      ),
    refetchInterval: 3000,
    placeholderData: keepPreviousData,
  })
// Limits and defaults of a run's settings, from the server's own description; they change with the server alone.
export const useRunSettings = () =>
  useQuery({ queryKey: ['run settings'], staleTime: Infinity, queryFn: async () => settingsOf(await got(http.GET('/api/openapi.json'))) })
export type NewRun = components['schemas']['NewRunBody']
export function useLaunch(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: NewRun) => got(http.POST('/api/projects/{project}/runs', { ...project(id), body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['runs', id] }),
  })
}
const ofRun = (run: string) => ({ params: { path: { run } } })
export const oneRun = (run: string) => got(http.GET('/api/runs/{run}', ofRun(run)))
export const useRun = (run: string) => useQuery({ queryKey: ['run', run], queryFn: () => oneRun(run) })
export const stopRun = (run: string) => got(http.POST('/api/runs/{run}/stop', ofRun(run)))
export const resumeRun = ({ run, step }: { run: string; step: number | null }) => got(http.POST('/api/runs/{run}/resume', { ...ofRun(run), body: { step } }))
export const annotateRun = ({ run, ...body }: { run: string; based_on: number; notes: string; tags: string[] }) =>
  got(http.PUT('/api/runs/{run}/notes', { ...ofRun(run), body }))
// What its workers said; asked for again and again while they may say more, and once when it ends.
export const useRunLog = (run: string, state: string) =>
  useQuery({
    queryKey: ['run log', run, state],
    queryFn: () => got(http.GET('/api/runs/{run}/log', ofRun(run))),
    refetchInterval: ['running', 'stopping'].includes(state) ? 3000 : false,
    placeholderData: keepPreviousData,
  })
export const useComparison = (id: string, runs: readonly string[]) =>
  useQuery({
    queryKey: ['comparison', id, runs],
    queryFn: () => got(http.GET('/api/projects/{project}/runs/compare', { params: { path: { project: id }, query: { runs: runs.join(',') } } })),
  })
export const useAllMetrics = (runs: readonly string[], live: boolean) =>
  useQuery({
    queryKey: ['metrics', runs],
    refetchInterval: live ? 5000 : false,
    queryFn: async () => Promise.all(runs.map(async (run) => (await got(http.GET('/api/runs/{run}/metrics', ofRun(run)))).series as unknown as Series)),
  })

export const useModels = (id: string) =>
  useQuery({ queryKey: ['models', id], queryFn: () => got(http.GET('/api/projects/{project}/models', project(id))) })
export const useCalibration = (run: string) =>
  useQuery({
    queryKey: ['calibration', run],
    queryFn: async () => readCalibration(await got(http.GET('/api/runs/{run}/artifacts/{name}', { params: { path: { run, name: CALIBRATION_FILE } }, parseAs: 'json' }))),
  })
export const useArtifacts = (run: string) => useQuery({ queryKey: ['artifacts', run], queryFn: () => got(http.GET('/api/runs/{run}/artifacts', ofRun(run))) })

// --- What models do on patients that they were not shown ---

// How soon it is asked again: while answers are being judged.
const JUDGING_MS = 2000
export const useLeaderboard = (id: string, snapshot: string | null) =>
  useQuery({
    queryKey: ['evaluations', id, snapshot],
    queryFn: () => got(http.GET('/api/projects/{project}/evaluations', { params: { path: { project: id }, query: { snapshot: snapshot ?? undefined } } })),
    refetchInterval: ({ state }) => (state.data?.runs.some((run) => run.state === 'waiting') ? JUDGING_MS : false),
    placeholderData: keepPreviousData,
  })
export const useEvaluation = (run: string) =>
  useQuery({
    queryKey: ['evaluation', run],
    queryFn: () => got(http.GET('/api/runs/{run}/evaluation', ofRun(run))),
    refetchInterval: ({ state }) => (state.data?.state === 'waiting' ? JUDGING_MS : false),
  })
// Which of a run's answers are shown.
export interface AnswersWanted {
  filter?: Fault
  concept?: string
  named?: string
  modality?: string
  lang?: string
}
const ANSWERS = 20
export const useAnswers = (run: string, wanted: AnswersWanted, after: number | null) =>
  useQuery({
    queryKey: ['evaluation', run, 'cases', wanted, after],
    queryFn: () => got(http.GET('/api/runs/{run}/evaluation/cases', { params: { path: { run }, query: { ...wanted, after: after ?? undefined, limit: ANSWERS } } })),
    placeholderData: keepPreviousData,
  })
export const useEvaluationDifference = (a: string, b: string) =>
  useQuery({ queryKey: ['evaluation', 'difference', a, b], queryFn: () => got(http.GET('/api/evaluations/diff', { params: { query: { a, b } } })) })
export const useChangedAnswers = (pair: { a: string; b: string }, change: 'better' | 'worse' | null, after: number | null) =>
  useQuery({
    queryKey: ['evaluation', 'difference', pair, change, after],
    queryFn: () => got(http.GET('/api/evaluations/diff/cases', { params: { query: { ...pair, change: change ?? undefined, after: after ?? undefined, limit: ANSWERS } } })),
    placeholderData: keepPreviousData,
  })

// How soon it is asked again: of a round that a worker is at, or is to be, and of what is read of others.
const pace = (rounds: readonly Round[] = []) => (rounds.some(({ state }) => ['queued', 'running'].includes(state)) ? 3000 : 30000)
const ofRound = (acquisition: string) => ({ path: { acquisition } })
export const useRounds = (id: string, before: number | null) =>
  useQuery({
    queryKey: ['rounds', id, before],
    queryFn: () => got(http.GET('/api/projects/{project}/rounds', { params: { path: { project: id }, query: { before: before ?? undefined, limit: 25 } } })),
    refetchInterval: ({ state }) => pace(state.data?.rounds),
    placeholderData: keepPreviousData,
  })
export const useEfficiency = (id: string) =>
  useQuery({ queryKey: ['rounds', id, 'efficiency'], queryFn: () => got(http.GET('/api/projects/{project}/rounds/efficiency', project(id))) })
export const useRound = (round: string) =>
  useQuery({
    queryKey: ['round', round],
    queryFn: () => got(http.GET('/api/rounds/{acquisition}', { params: ofRound(round) })),
    refetchInterval: ({ state }) => pace(state.data && [state.data]),
  })
export const useRoundItems = (round: string, after: number) =>
  useQuery({
    queryKey: ['round', round, 'items', after],
    queryFn: () => got(http.GET('/api/rounds/{acquisition}/items', { params: { ...ofRound(round), query: { after, limit: 25 } } })),
    placeholderData: keepPreviousData,
  })
// How a round may choose, from the server's own description.
interface StrategySchema {
  components: { schemas: { Strategy: { enum: Strategy[] } } }
}
export const useStrategies = () =>
  useQuery({ queryKey: ['strategies'], staleTime: Infinity, queryFn: async () => ((await got(http.GET('/api/openapi.json'))) as unknown as StrategySchema).components.schemas.Strategy.enum })
export function useAskForRound(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (wish: { strategy: Strategy; budget: number | null; boxes: number | null; seed: number }) => got(http.POST('/api/projects/{project}/acquisitions', { ...project(id), body: { ...wish, model: null } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['rounds', id] }),
  })
}
export function usePromote(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ model, ...wish }: { model: string; strategy: Strategy; budget: number | null; boxes: number | null; seed: number }) =>
      got(http.POST('/api/models/{model}/promote', { params: { path: { model } }, body: { acquire: { ...wish, model: null } } })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['models', id] })
      void queries.invalidateQueries({ queryKey: ['rounds', id] })
    },
  })
}

export interface FeedbackWanted {
  from: string
  until: string
  model: string
}
const given = (wanted: FeedbackWanted) => Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== ''))
export const useFeedback = (id: string, wanted: FeedbackWanted) =>
  useQuery({
    queryKey: ['feedback', id, wanted],
    queryFn: () => got(http.GET('/api/projects/{project}/feedback', { params: { path: { project: id }, query: given(wanted) } })),
    placeholderData: keepPreviousData,
  })
export const useRoutes = (id: string) =>
  useQuery({ queryKey: ['routes', id], queryFn: () => got(http.GET('/api/projects/{project}/routes', project(id))) })
// Where the same is fetched case by case.
export const feedbackTable = (id: string, wanted: FeedbackWanted) => `/api/projects/${id}/feedback/cases?${new URLSearchParams(given(wanted)).toString()}`

export const useUsers = () => useQuery({ queryKey: ['users'], queryFn: () => got(http.GET('/api/users')) })
export const useTokens = () => useQuery({ queryKey: ['tokens'], queryFn: () => got(http.GET('/api/tokens')) })
export const useMembers = (id: string) =>
  useQuery({ queryKey: ['members', id], enabled: id !== '', queryFn: () => got(http.GET('/api/projects/{project}/members', project(id))) })

export const settings = {
  concepts: ({ id, concepts }: { id: string; concepts: components['schemas']['Concept'][] }) =>
    got(http.PUT('/api/projects/{project}/concepts', { ...project(id), body: { concepts } })),
  templates: ({ id, templates }: { id: string; templates: components['schemas']['Template'][] }) =>
    got(http.PUT('/api/projects/{project}/templates', { ...project(id), body: { templates } })),
  headers: ({ id, ...body }: { id: string } & Pick<components['schemas']['ProjectChangeBody'], 'keep_dates' | 'keep_characteristics'>) =>
    got(http.PATCH('/api/projects/{project}', { ...project(id), body })),
  routing: ({ id, routing }: { id: string; routing: components['schemas']['Routing'] | null }) =>
    got(http.PUT('/api/projects/{project}/routing', { ...project(id), body: { routing } })),
  project: (name: string) => got(http.POST('/api/projects', { body: { name } as components['schemas']['NewProjectBody'] })),
  user: (body: { username: string; display_name: string; password: string }) => got(http.POST('/api/users', { body })),
  disable: ({ user, disabled }: { user: string; disabled: boolean }) =>
    got(http.PATCH('/api/users/{user}', { params: { path: { user } }, body: { disabled } })),
  role: ({ id, user, role }: { id: string; user: string; role: components['schemas']['Role'] }) =>
    got(http.PUT('/api/projects/{project}/members/{user}', { params: { path: { project: id, user } }, body: { role } })),
  leave: ({ id, user }: { id: string; user: string }) =>
    got(http.DELETE('/api/projects/{project}/members/{user}', { params: { path: { project: id, user } } })),
  token: (body: { name: string; scope: components['schemas']['TokenScope'] }) => got(http.POST('/api/tokens', { body })),
  revoke: (token: string) => got(http.DELETE('/api/tokens/{token}', { params: { path: { token } } })),
}
// One change of an administrator's; whatever is listed is asked for anew.
export function useSetting<Asked, Answer>(change: (asked: Asked) => Promise<Answer>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: () => queries.invalidateQueries(),
  })
}
