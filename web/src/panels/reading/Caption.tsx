// What is on the screen, said truly: which frame, at which resolution, after which compression.
import { Badge, Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Image } from '../../api/client'

interface Props {
  image: Image
  // Screen pixels for an image pixel.
  zoom: number
  // Which level of a slide is on the screen, while one is.
  level?: number | null
  at: number
  of: number
}

export function Caption({ image, zoom: magnified, level, at, of }: Props) {
  const { t } = useTranslation()
  const levels = level === undefined ? null : image.facts?.pyramid
  // While nothing is known of what is shown it is no finer than the coarsest.
  const shown = levels?.[level ?? levels.length - 1]
  const zoom = Math.min(magnified, shown && level !== 0 ? shown.width / image.width : Infinity)
  // A factor of two decimals says 1 where it is not quite: then it is the original still.
  const sampled = zoom < 0.995
  const side = image.facts?.laterality
  return (
    <Group gap={6}>
      <Badge data-testid="fidelity" color={sampled ? 'yellow' : 'teal'} variant="filled" autoContrast>
        {sampled ? t('view.sampled', { times: (1 / zoom).toFixed(zoom > 0.9 ? 2 : 1) }) : t('view.original', { zoom: zoom.toFixed(1) })}
      </Badge>
      {levels && levels.length > 1 && <Badge data-testid="level" color="gray" variant="filled" autoContrast>{t('view.level', { at: (level ?? levels.length - 1) + 1, of: levels.length })}</Badge>}
      {image.facts?.lossy && <Badge data-testid="lossy" color="yellow" variant="filled" autoContrast>{t('view.lossy')}</Badge>}
      <Badge color="gray" variant="filled" autoContrast>{image.colour ? t('view.colour') : t('read.lossless', { bits: image.bits })}</Badge>
      {side && <Badge color="gray" variant="filled" autoContrast>{t(`side.${side}`)}</Badge>}
      {of > 1 && <Badge data-testid="frame" color="gray" variant="filled" autoContrast>{t('view.place', { at: at + 1, of })}</Badge>}
    </Group>
  )
}
