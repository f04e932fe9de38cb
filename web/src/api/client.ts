// The one place that speaks to the server.
import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from './schema'

type Schemas = components['schemas']
export type User = Schemas['User']
export type Settings = Schemas['Settings']
export type Project = Schemas['ProjectView']
export type Progress = Schemas['Progress']
export type Concept = Schemas['Concept']
export type ChoiceReason = Schemas['ChoiceReason']
export type AttestationReason = Schemas['AttestationReason']
export type Template = Schemas['Template']
export type Image = Schemas['Image']
export type Case = Schemas['Case']
export type Annotation = Schemas['Annotation']
export type Content = Schemas['AnnotationContent']
export type Region = Schemas['Region']
export type Presence = Schemas['Presence']
export type Sentence = Schemas['Sentence']
export type Question = Schemas['Question']
export type Finding = Schemas['Finding']
export type Verdict = Schemas['Verdict']
export type Facts = Schemas['Facts']
export type Flag = Schemas['Flag']
export type Mark = Schemas['Mark']
export type Described = Schemas['Described']
export type Suggestion = Schemas['Suggestion']
export type Snapshot = Schemas['Snapshot']
export type Counts = Schemas['Counts']
export type Filter = Schemas['Filter']
export type Export = Schemas['Export']
export type Import = Schemas['Import']
export type Choices = Schemas['Choices']
export type ExportFormat = Schemas['ExportFormat']
export type Modality = Schemas['Modality']
export type Differences = Schemas['Differences']
export type CaseDifference = Schemas['CaseDifference']
export type Change = Schemas['Change']
export type Part = Schemas['Part']
export type Run = Schemas['Run']
export type RunConfig = Schemas['RunConfig']
export type LoggedLine = Schemas['LoggedLine']
export type Comparison = Schemas['Comparison']
export type Model = Schemas['Model']
export type Strategy = Schemas['Strategy']
export type Round = Schemas['Round']
export type RoundView = Schemas['RoundView']
export type RoundItem = Schemas['RoundItem']
export type LabelEfficiency = Schemas['LabelEfficiency']
export type Measure = Schemas['Measure']
export type Feedback = Schemas['Feedback']
export type Leaderboard = Schemas['Leaderboard']
export type EvaluationView = Schemas['EvaluationView']
export type EvaluationScore = Schemas['Score']
export type Figures = Schemas['Figures']
export type Slice = Schemas['Slice']
export type Confused = Schemas['Confused']
export type Fault = Schemas['Fault']
export type JudgedAnswer = Schemas['JudgedAnswer']
export type RunDifference = Schemas['RunDifference']
export type ChangedAnswer = Schemas['ChangedAnswer']
export type Inquiry = Schemas['Inquiry']
export type Asked = Schemas['Ask']
export type SaidRegion = Schemas['SaidRegion']

// A refusal, with the server's own words.
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details?: unknown,
  ) {
    super(message)
  }
}

let csrf = ''
export const rememberCsrf = (token: string) => {
  csrf = token
}
export const csrfHeader = () => ({ 'X-CSRF-Token': csrf })

const guard: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('X-CSRF-Token', csrf)
    return request
  },
}
export const http = createClient<paths>({ baseUrl: '/' })
http.use(guard)

export async function refusal(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as Schemas['ErrorBody'] | null
  const error = body?.error
  return new ApiError(response.status, error?.code ?? 'unknown', error?.message ?? response.statusText, error?.details)
}

// The answer's data, or its refusal thrown.
export async function got<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call
  if (response.ok) return data as T
  const detail = (error as Schemas['ErrorBody'] | undefined)?.error
  throw new ApiError(response.status, detail?.code ?? 'unknown', detail?.message ?? response.statusText, detail?.details)
}

export async function pixelsOf(image: string, frame: number, signal?: AbortSignal): Promise<ArrayBuffer> {
  const response = await fetch(`/api/images/${image}/pixels?frame=${frame}`, { signal })
  if (!response.ok) throw await refusal(response)
  return response.arrayBuffer()
}
