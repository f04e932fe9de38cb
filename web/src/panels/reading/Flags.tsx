import { Button, Group, Stack, Text } from '@mantine/core'
import { useEffect, useMemo, useState, type MouseEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Described } from '../../api/client'
import { lint } from '../../api/queries'
import { Checks, mended, seenFrom, UNCHECKED, type Checked, type Seen } from '../../state/lint'

interface Props {
  image: string
  described: Described
  onWrite(lang: string, text: string): void
  onSettle(): void
  // `under` gives what stands under the field of a language.
  children(under: (lang: string) => ReactNode): ReactNode
}

// Whether a description says the same in both languages, told under its fields while it is written.
export function Flags({ image, described, onWrite, onSettle, children }: Props) {
  const [checked, setChecked] = useState<Checked>(UNCHECKED)
  const checks = useMemo(() => new Checks((asked) => lint(image, asked), setChecked), [image])
  useEffect(() => () => checks.close(), [checks])
  useEffect(() => checks.put(described), [checks, described])
  const mend = (lang: string, text: string) => {
    // A step of its own, so that undo takes back the correction alone.
    onSettle()
    onWrite(lang, text)
    onSettle()
  }
  return children((lang) => {
    const seen = seenFrom(checked, lang)
    return (
      <Stack gap={2} role="status" data-testid="flags" data-flags={seen.length}>
        {seen.map((one, index) => (
          <Line key={index} seen={one} fixed={mended(checked, one.mark, described.texts[lang] ?? '')} onFix={(text) => mend(lang, text)} />
        ))}
      </Stack>
    )
  })
}

function Line({ seen: { flag, mark, words }, fixed, onFix }: { seen: Seen; fixed: string | null; onFix(text: string): void }) {
  const { t } = useTranslation()
  const spoken: Record<string, string> = { ...words }
  if (words['presence'] !== undefined) spoken['presence'] = t(`presence.${words['presence']}`)
  if (words['box'] !== undefined) spoken['box'] = words['box'] === 'left' ? t('flags.left') : t('flags.right')
  const fix = (event: MouseEvent<HTMLElement>) => {
    // The button goes with what it was for: the focus stays with the text.
    const card = event.currentTarget.closest('[role=group]')
    if (fixed !== null) onFix(fixed)
    card?.querySelector<HTMLElement>(`textarea[lang="${mark.lang}"]`)?.focus()
  }
  return (
    <Group gap={4} justify="space-between" align="flex-start">
      <Text size="xs" flex="1 1 8em" c={flag.severity === 'warning' ? 'yellow.4' : 'gray.4'}>{t(`flag.${flag.message}`, spoken)}</Text>
      {fixed !== null && (
        <Button size="compact-xs" variant="default" flex="none" onClick={fix}>{t('flags.write', { text: mark.fix })}</Button>
      )}
    </Group>
  )
}
