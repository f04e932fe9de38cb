// A refusal in the reader's language, and the server's own words after it: they name the field, the region or the file.
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client'

export function inWords(t: TFunction, error: Error): string {
  // What fetch throws where no answer came has no code, and a message that differs from browser to browser.
  if (!(error instanceof ApiError)) return error instanceof TypeError ? t('app.unreachable') : error.message
  const kind = t(`error.${error.code}`, { defaultValue: '' })
  return [kind, error.message].filter((part) => part !== '').join(': ')
}

export function useInWords(): (error: Error) => string {
  const { t } = useTranslation()
  return (error) => inWords(t, error)
}
