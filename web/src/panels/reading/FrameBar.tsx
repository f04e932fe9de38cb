// Where a reader is in a stack of frames, and where regions are.
import { Box as Area, Button, Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Stack } from './useStack'

interface Props {
  stack: Stack
  of: number
  // Places in the stack on which there are regions.
  marked: readonly number[]
  // Places that belong to other images, which are shown beside this one and not read.
  note: string | null
}

export function FrameBar({ stack, of, marked, note }: Props) {
  const { t } = useTranslation()
  const share = (place: number) => `${(100 * place) / Math.max(of - 1, 1)}%`
  return (
    <Group px="xs" py={2} gap="xs" wrap="nowrap">
      <Button size="compact-xs" variant="default" aria-label={t('view.previous')} onClick={() => stack.go(stack.asked - 1)}>‹</Button>
      <Area style={{ flex: 1, position: 'relative', height: 24 }}>
        <input
          type="range"
          aria-label={t('view.frames')}
          aria-valuetext={t('view.place', { at: stack.asked + 1, of })}
          min={0}
          max={of - 1}
          value={stack.asked}
          onChange={(event) => stack.go(Number(event.currentTarget.value))}
          style={{ width: '100%', height: 24, margin: 0, accentColor: '#5ce1e6' }}
        />
        {/* The thumb's middle never comes nearer to the ends than half its width. */}
        <Area style={{ position: 'absolute', left: 8, right: 8, bottom: 0, height: 5, pointerEvents: 'none' }}>
          {marked.map((place) => (
            <span key={place} data-testid="frame-mark" style={{ position: 'absolute', left: share(place), width: 3, height: 5, marginLeft: -1.5, background: '#ffd43b' }} />
          ))}
        </Area>
      </Area>
      <Button size="compact-xs" variant="default" aria-label={t('view.next')} onClick={() => stack.go(stack.asked + 1)}>›</Button>
      {note && <Text size="xs" c="yellow.4" role="status">{note}</Text>}
    </Group>
  )
}
