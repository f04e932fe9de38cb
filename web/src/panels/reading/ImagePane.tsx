// The image of a case with its tools: what is shown of it and how. What is written about it stands in Workspace.
import { Badge, Box as Area, Button, Group } from '@mantine/core'
import { useImperativeHandle, useState, type ReactNode, type Ref } from 'react'
import { useTranslation } from 'react-i18next'
import type { Image } from '../../api/client'
import { IDENTITY, type Raster, type Window } from '../../canvas/levels'
import { Viewport, type Drawn } from '../../canvas/Viewport'
import type { Box } from '../../model/geometry'
import { WindowFields } from './WindowFields'

// What the page's keys do to the image.
export interface ImageKeys {
  fit(): void
  invert(): void
}
interface Props {
  ref: Ref<ImageKeys>
  image: Image
  raster: Raster
  boxes: readonly Drawn[]
  selected: string | null
  offered: string | null
  letters: boolean
  twoClicks: boolean
  // The buttons that are not the image's own.
  tools: ReactNode
  onSelect(id: string | null): void
  onDraw(box: Box): void
  onPlace(id: string, box: Box, gesture: string): void
  onSettle(): void
}

export function ImagePane({ ref, image, raster, tools, ...rest }: Props) {
  const { t } = useTranslation()
  const own: Window = image.window ?? IDENTITY
  const [window, setWindow] = useState(own)
  const [inverted, setInverted] = useState(false)
  const [fitAt, setFitAt] = useState(0)
  const keys = { fit: () => setFitAt(fitAt + 1), invert: () => setInverted(!inverted) }
  useImperativeHandle(ref, () => keys)
  return (
    <Area style={{ flex: 1, display: 'flex', flexDirection: 'column', minHeight: 0 }}>
      <Group px="xs" py={4} gap="xs" wrap="nowrap">
        <Button size="compact-sm" variant="default" onClick={keys.fit}>{t('read.fit')}</Button>
        <Button size="compact-sm" variant={inverted ? 'filled' : 'default'} onClick={keys.invert}>{t('read.invert')}</Button>
        <WindowFields window={window} onWindow={setWindow} />
        <Button size="compact-sm" variant="default" onClick={() => setWindow(own)}>{t('read.reset')}</Button>
        {tools}
        <Badge variant="outline" color="gray">{t('read.lossless', { bits: raster.bits })}</Badge>
      </Group>
      <Area style={{ flex: 1, position: 'relative' }}>
        <Viewport {...rest} raster={raster} window={window} inverted={inverted} label={t('read.viewport')} fitAt={fitAt} onWindow={setWindow} />
      </Area>
    </Area>
  )
}
