// A page's heading, and its name in the browser's tab and history.
import { Title, type TitleProps } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'

export function PageTitle({ children, ...props }: Omit<TitleProps, 'children'> & { children: string }) {
  useDocumentTitle(`${children} · medreg`)
  return <Title order={1} size="h2" {...props}>{children}</Title>
}
