// The pages, each fetched when it is first looked at, or ahead of that.
import { lazy, type ComponentType } from 'react'

const loads: (() => Promise<unknown>)[] = []
function page(load: () => Promise<{ default: ComponentType }>) {
  loads.push(load)
  return lazy(load)
}

export const ProjectsPage = page(() => import('./ProjectsPage'))
export const ProjectPage = page(() => import('./ProjectPage'))
export const WorklistPage = page(() => import('./WorklistPage'))
export const UploadPage = page(() => import('./UploadPage'))
export const ImportsPage = page(() => import('./ImportsPage'))
export const ImportPage = page(() => import('./ImportPage'))
export const ReadPage = page(() => import('./ReadPage'))
export const SnapshotsPage = page(() => import('./SnapshotsPage'))
export const DifferencesPage = page(() => import('./DifferencesPage'))
export const RunsPage = page(() => import('./RunsPage'))
export const LaunchPage = page(() => import('./LaunchPage'))
export const ComparePage = page(() => import('./ComparePage'))
export const RunPage = page(() => import('./RunPage'))
export const PeoplePage = page(() => import('./PeoplePage'))
export const ModelsPage = page(() => import('./ModelsPage'))
export const RoundsPage = page(() => import('./RoundsPage'))
export const RoundPage = page(() => import('./RoundPage'))
export const EvaluationsPage = page(() => import('./EvaluationsPage'))
export const EvaluationPage = page(() => import('./EvaluationPage'))
export const EvaluationDifferencePage = page(() => import('./EvaluationDifferencePage'))
export const FeedbackPage = page(() => import('./FeedbackPage'))

// Fetches all of them once there is nothing more pressing to do: who loses the network while reading can still go about. Gives the
// function that lets it be.
export function fetchAhead(): () => void {
  const fetchAll = () => loads.forEach((load) => void load().catch(() => undefined))
  // Not every browser tells when it is idle.
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(fetchAll, 2000)
    return () => clearTimeout(timer)
  }
  const idle = requestIdleCallback(fetchAll)
  return () => cancelIdleCallback(idle)
}
