// Boxes that lie elsewhere, over the picture: dashed where they were, whole where they are.
import { useTranslation } from 'react-i18next'
import type { CaseDifference, Change } from '../../api/client'

const WIDTH = 220

interface Props {
  differs: CaseDifference
  changes: readonly Change[]
}

// Only the first frame of a stack has a picture here.
export function Moves({ differs: { image, size }, changes }: Props) {
  const { t } = useTranslation()
  const moved = changes.flatMap((change) => (change.kind === 'moved' && !change.frame ? [change] : []))
  if (moved.length === 0) return null
  return (
    <svg viewBox={`0 0 ${size.width} ${size.height}`} width={WIDTH} role="img" aria-label={t('differences.moves', { n: moved.length })} style={{ flex: 'none', maxHeight: WIDTH }}>
      <image href={`/api/images/${image}/rendered`} width={size.width} height={size.height} />
      {moved.map(({ bbox }, index) => (
        <g key={index} fill="none" strokeWidth={2}>
          <Outline box={bbox.from} stroke="var(--mantine-color-red-4)" dashes="6 4" />
          <Outline box={bbox.to} stroke="var(--mantine-color-teal-4)" />
        </g>
      ))}
    </svg>
  )
}

function Outline({ box: [x0, y0, x1, y1], stroke, dashes }: { box: readonly number[]; stroke: string; dashes?: string }) {
  return <rect x={x0} y={y0} width={(x1 ?? 0) - (x0 ?? 0)} height={(y1 ?? 0) - (y0 ?? 0)} stroke={stroke} strokeDasharray={dashes} vectorEffect="non-scaling-stroke" />
}
