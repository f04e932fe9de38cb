// Figures and tables as files of whoever looks at them.
import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { csv, type Cell } from '../model/evaluation'
import { Refusal } from './Refusal'

// Dots of a picture for each of its own: sharp on paper.
const SCALE = 2

function save(name: string, content: Blob) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

async function painted(svg: string): Promise<Blob> {
  const picture = new Image()
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  try {
    picture.src = address
    await picture.decode()
    const canvas = document.createElement('canvas')
    canvas.width = picture.naturalWidth * SCALE
    canvas.height = picture.naturalHeight * SCALE
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
    return await new Promise((resolve, reject) => canvas.toBlob((png) => (png ? resolve(png) : reject(new Error('PNG'))), 'image/png'))
  } finally {
    URL.revokeObjectURL(address)
  }
}

// `drawn` gives the picture's source, or nothing while it is not there.
export function SaveFigure({ name, drawn }: { name: string; drawn: () => string | null }) {
  const { t } = useTranslation()
  const [error, setError] = useState<Error | null>(null)
  const svg = () => {
    const source = drawn()
    if (source) save(`${name}.svg`, new Blob([source], { type: 'image/svg+xml' }))
  }
  const png = () => {
    const source = drawn()
    setError(null)
    if (source) painted(source).then((found) => save(`${name}.png`, found), setError)
  }
  return (
    <>
      <Group gap={4}>
        <Button size="compact-xs" variant="default" onClick={svg} aria-label={t('save.figure', { name, kind: 'SVG' })}>SVG</Button>
        <Button size="compact-xs" variant="default" onClick={png} aria-label={t('save.figure', { name, kind: 'PNG' })}>PNG</Button>
      </Group>
      <Refusal error={error} />
    </>
  )
}

export function SaveTable({ name, rows }: { name: string; rows: () => readonly (readonly Cell[])[] }) {
  const { t } = useTranslation()
  // The mark at the start tells spreadsheets that it is UTF-8.
  const go = () => save(`${name}.csv`, new Blob(['\ufeff', csv(rows())], { type: 'text/csv;charset=utf-8' }))
  return <Button size="compact-xs" variant="default" onClick={go} aria-label={t('save.table', { name })}>CSV</Button>
}
