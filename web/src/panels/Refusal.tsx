import { Alert, type AlertProps } from '@mantine/core'
import { useInWords } from '../i18n/refusal'

// What the server, or the way to it, refused; nothing where nothing was.
export function Refusal({ error, color = 'red', ...props }: { error: Error | null | undefined } & Omit<AlertProps, 'children'>) {
  const inWords = useInWords()
  return error ? <Alert color={color} role="alert" {...props}>{inWords(error)}</Alert> : null
}
