// What was asked of the server: waiting, refused, or there.
import { Alert, Button, Center, Loader } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

export function Asked<T>({ query, children }: { query: UseQueryResult<T>; children(data: T): ReactNode }) {
  const { t } = useTranslation()
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (query.isPending) return <Center p="xl"><Loader aria-label={t('app.loading')} /></Center>
  return (
    <Alert color="red" role="alert">
      {query.error?.message} <Button size="compact-sm" variant="default" onClick={() => void query.refetch()}>{t('app.retry')}</Button>
    </Alert>
  )
}
