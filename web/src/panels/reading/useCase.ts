// One case in a reader's hands: its annotation, its way to the server, and the time spent.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react'
import { ApiError, type Annotation, type Case, type Content, type Verdict } from '../../api/client'
import { giveBack, openCase, readerOf, renewLease, saveAnnotation, submitAnnotation, useSessionCheck } from '../../api/queries'
import { reduce, start } from '../../state/annotation'
import { caseKey, hold, otherVersion, Outbox, type Saving } from '../../state/outbox'
import { learn } from '../../state/phrases'

const IDLE_MS = 30_000
const RENEW_MS = 60_000

export function useCase(opened: Case) {
  const image = opened.image.id
  const [state, dispatch] = useReducer(reduce, opened.annotation.content, start)
  const [saving, setSaving] = useState<Saving>({ kind: 'saved' })
  const checked = useSessionCheck()
  const queries = useQueryClient()
  const { reader, revision } = opened.annotation
  const outbox = useMemo(() => {
    const save = async (basedOn: number, content: Content) => {
      // Another tab may have signed somebody else in; this is not theirs to save, so it stays here.
      if (readerOf(queries) !== reader.id) throw new Error('its reader is not signed in')
      try {
        return await checked(saveAnnotation(image, basedOn, content))
      } catch (error) {
        // The hold ran out and nobody has taken the case since: it is taken again, and the work is sent.
        if (!(error instanceof ApiError) || error.code !== 'not_leased') throw error
        await checked(openCase(image))
        return checked(saveAnnotation(image, basedOn, content))
      }
    }
    // Said once for a drag, not with its every movement.
    const tell = (next: Saving) => setSaving((now) => (now.kind === 'saving' && next.kind === 'saving' ? now : next))
    return new Outbox(caseKey(image, reader.id), opened.image.project_id, revision, save, tell)
  }, [image, opened.image.project_id, reader.id, revision, checked, queries])
  const touch = useLease(opened)
  // What the server, or an earlier visit's journal, knows already is not sent again.
  const known = useRef<Content>(state.content)

  useEffect(() => {
    let here = true
    void outbox.left(opened.annotation.content).then((left) => {
      if (!here || !left) return
      touch()
      // A stale one is not sent by itself: it would go over what was saved elsewhere meanwhile.
      if (left.stale) {
        known.current = left.content
        setSaving({ kind: 'conflict', theirs: opened.annotation })
      }
      dispatch({ kind: 'load', content: left.content })
    })
    const now = () => void outbox.flush()
    hold(outbox)
    window.addEventListener('pagehide', now)
    window.addEventListener('blur', now)
    window.addEventListener('online', now)
    return () => {
      here = false
      window.removeEventListener('pagehide', now)
      window.removeEventListener('blur', now)
      window.removeEventListener('online', now)
      void outbox.flush()
    }
  }, [outbox, opened.annotation, touch])
  useEffect(() => {
    if (state.content === known.current) return
    known.current = state.content
    touch()
    void outbox.put(state.content)
  }, [state.content, outbox, touch])
  const lease = useHold(opened, checked)
  const activeSeconds = useActiveSeconds()

  const resolve = (theirs: Annotation, content: Content) => {
    known.current = content
    dispatch({ kind: 'load', content })
    void outbox.resolve(theirs, content)
  }
  // False where it is not saved yet, which `saving` tells the reason of. A verdict that is given with it is a step like any other.
  const submit = async (verdict?: Verdict): Promise<boolean> => {
    touch()
    const content = verdict ? reduce(state, { kind: 'judge', verdict }).content : state.content
    if (verdict) dispatch({ kind: 'judge', verdict })
    if (verdict || outbox.latestRevision === 0) await outbox.put(content)
    if (!(await outbox.flush())) return false
    // Before the server's answer, at which the reader may leave at once. A browser that keeps no phrases is no reason to stay.
    await learn(opened.image.project_id, reader.id, content).catch(() => undefined)
    try {
      await checked(submitAnnotation(image, outbox.latestRevision, activeSeconds()))
      return true
    } catch (error) {
      const theirs = otherVersion(error)
      if (!theirs) throw error
      setSaving({ kind: 'conflict', theirs })
      return false
    }
  }
  return { state, dispatch, saving, lease, resolve, submit }
}

export interface Hold {
  // Minutes until it runs out, by this computer's own clock.
  minutes: number
  // Why it could not be renewed the last time.
  lost: Error | null
}

// Keeps the reader's hold on the case, and knows how long it lasts when the server does not answer.
function useHold({ lease }: Case, checked: <T>(call: Promise<T>) => Promise<T>): Hold {
  const [until, setUntil] = useState(() => Date.now() + lease.seconds * 1000)
  const [now, setNow] = useState(Date.now)
  const [lost, setLost] = useState<Error | null>(null)
  useEffect(() => {
    const renewed = ({ seconds }: Case['lease']) => {
      setUntil(Date.now() + seconds * 1000)
      setLost(null)
    }
    const renew = () => {
      setNow(Date.now())
      void checked(renewLease(lease.id)).then(renewed, setLost)
    }
    const timer = setInterval(renew, RENEW_MS)
    window.addEventListener('online', renew)
    return () => {
      clearInterval(timer)
      window.removeEventListener('online', renew)
    }
  }, [lease.id, checked])
  return { minutes: Math.max(0, Math.round((until - now) / 60_000)), lost }
}

// Gives a case back that was only looked at, so that others need not wait for the lease to run out. What was begun stays
// the reader's. Gives the function that says that the case was touched.
function useLease({ lease, annotation }: Case): () => void {
  const begun = annotation.revision > 0 && !annotation.submitted
  const touched = useRef(begun)
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    clearTimeout(leaving.current)
    return () => {
      // Not at once: in development every effect is undone and done again.
      leaving.current = setTimeout(() => {
        if (!touched.current) void giveBack(lease.id).catch(() => undefined)
      })
    }
  }, [lease.id])
  return useCallback(() => {
    touched.current = true
  }, [])
}

// Seconds in which the reader moved something; a pause longer than half a minute is not reading.
function useActiveSeconds(): () => number {
  const clock = useRef({ total: 0, last: Date.now() })
  useEffect(() => {
    const tick = () => {
      const now = Date.now()
      clock.current.total += Math.min(now - clock.current.last, IDLE_MS)
      clock.current.last = now
    }
    const events = ['pointermove', 'keydown', 'wheel'] as const
    events.forEach((name) => window.addEventListener(name, tick, { passive: true }))
    return () => events.forEach((name) => window.removeEventListener(name, tick))
  }, [])
  return () => clock.current.total / 1000
}
