// One case in a reader's hands: its annotation, its way to the server, and the time spent.
import { useEffect, useMemo, useReducer, useRef, useState } from 'react'
import type { Annotation, Case, Content } from '../../api/client'
import { renewLease, saveAnnotation, submitAnnotation } from '../../api/queries'
import { reduce, start } from '../../state/annotation'
import { Outbox, type Saving } from '../../state/outbox'

const IDLE_MS = 30_000
const RENEW_MS = 60_000

export function useCase(opened: Case) {
  const image = opened.image.id
  const [state, dispatch] = useReducer(reduce, opened.annotation.content, start)
  const [saving, setSaving] = useState<Saving>({ kind: 'saved' })
  const [leaseLost, setLeaseLost] = useState('')
  const outbox = useMemo(
    () => new Outbox(`case/${image}/${opened.annotation.reader.id}`, opened.annotation.revision, (r, c) => saveAnnotation(image, r, c), setSaving),
    [image, opened.annotation.reader.id, opened.annotation.revision],
  )
  // What the server, or an earlier visit's journal, knows already is not sent again.
  const known = useRef<Content>(state.content)

  useEffect(() => {
    let here = true
    void outbox.left(opened.annotation.content).then((left) => {
      if (!here || !left) return
      // A stale one is not sent by itself: it would go over what was saved elsewhere meanwhile.
      if (left.stale) {
        known.current = left.content
        setSaving({ kind: 'conflict', theirs: opened.annotation })
      }
      dispatch({ kind: 'load', content: left.content })
    })
    const now = () => void outbox.flush()
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
  }, [outbox, opened.annotation])
  useEffect(() => {
    if (state.content === known.current) return
    known.current = state.content
    void outbox.put(state.content)
  }, [state.content, outbox])
  useEffect(() => {
    const renew = () => renewLease(opened.lease.id).then(() => setLeaseLost(''), (error: Error) => setLeaseLost(error.message))
    const timer = setInterval(renew, RENEW_MS)
    return () => clearInterval(timer)
  }, [opened.lease.id])
  const activeSeconds = useActiveSeconds()

  const resolve = (theirs: Annotation, content: Content) => {
    known.current = content
    dispatch({ kind: 'load', content })
    void outbox.resolve(theirs, content)
  }
  const submit = async () => {
    // An empty annotation is a finding too: that nothing was found. It is saved before it is submitted.
    if (outbox.latestRevision === 0) await outbox.put(state.content)
    if (!(await outbox.flush())) throw new Error('')
    await submitAnnotation(image, outbox.latestRevision, activeSeconds())
  }
  return { state, dispatch, saving, leaseLost, resolve, submit }
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
