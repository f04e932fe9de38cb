// A card with fields in it. Escape leaves a field for the card, so that the page's keys are heard again; an open list is closed first.
import { Card, type CardProps } from '@mantine/core'
import { useRef, type HTMLAttributes, type KeyboardEvent } from 'react'

export function LeaveCard({ children, ...props }: CardProps & HTMLAttributes<HTMLDivElement>) {
  const card = useRef<HTMLDivElement>(null)
  const leave = (event: KeyboardEvent) => {
    const listOpen = (event.target as Element).getAttribute('aria-expanded') === 'true'
    if (event.key !== 'Escape' || listOpen || event.target === card.current) return
    // It was this field that was left: nothing else is cancelled by the same press.
    event.stopPropagation()
    card.current?.focus()
  }
  return <Card p="xs" withBorder ref={card} tabIndex={-1} role="group" onKeyDown={leave} {...props}>{children}</Card>
}
