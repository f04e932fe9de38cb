// What was asked of the server: waiting, refused, or there. Where a later answer was refused the earlier one stays, marked.
import { Alert, Button, Center, Loader } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useInWords } from '../i18n/refusal'

interface Props<T> {
  query: UseQueryResult<T>
  // Whether what is there already serves, however old it is.
  quiet?: boolean
  children(data: T): ReactNode
}

export function Asked<T>({ query, quiet = false, children }: Props<T>) {
  const { t } = useTranslation()
  const inWords = useInWords()
  const there = query.data !== undefined
  if (!there && query.isPending) return <Center p="xl"><Loader aria-label={t('app.loading')} /></Center>
  return (
    <>
      {query.isError && !(there && quiet) && (
        <Alert color="red" role="alert">
          {inWords(query.error)} <Button size="compact-sm" variant="default" onClick={() => void query.refetch()}>{t('app.retry')}</Button>
        </Alert>
      )}
      {query.data !== undefined && children(query.data)}
    </>
  )
}
