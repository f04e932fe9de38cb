// An image with what is true on it, whole, and what a model said, dashed; in the other language, dotted.
import { useTranslation } from 'react-i18next'
import type { JudgedAnswer } from '../../api/client'

type Corners = readonly number[]
const [TRUE, SAID, OTHER] = ['#5ce1e6', '#ff9bd2', '#ffd43b']

interface Props {
  answer: JudgedAnswer
  name: string
  // The longest side in CSS pixels.
  side: number
  withOther?: boolean
}

export function Picture({ answer: { image, width, height, truth_boxes, boxes, other }, name, side, withOther = false }: Props) {
  const { t } = useTranslation()
  const scale = side / Math.max(width, height)
  const label = t('evaluation.picture', { name, truths: truth_boxes.length, said: boxes.length })
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width={width * scale} role="img" aria-label={label} style={{ background: '#000', flex: 'none', height: 'auto', maxWidth: '100%' }}>
      <image href={`/api/images/${image}/rendered`} width={width} height={height} preserveAspectRatio="none" />
      {truth_boxes.map((box, index) => <Outline key={`t${index}`} box={box} colour={TRUE} />)}
      {boxes.map((box, index) => <Outline key={`s${index}`} box={box} colour={SAID} dashes="7 5" />)}
      {withOther && other?.boxes.map((box, index) => <Outline key={`o${index}`} box={box} colour={OTHER} dashes="2 4" />)}
    </svg>
  )
}

// A dark line under the coloured one keeps it visible on white.
function Outline({ box: [x0 = 0, y0 = 0, x1 = 0, y1 = 0], colour, dashes }: { box: Corners; colour: string; dashes?: string }) {
  const shape = { x: x0, y: y0, width: x1 - x0, height: y1 - y0, fill: 'none', vectorEffect: 'non-scaling-stroke' }
  return (
    <>
      <rect {...shape} stroke="#000" strokeWidth={4} opacity={0.6} />
      <rect {...shape} stroke={colour} strokeWidth={2} strokeDasharray={dashes} />
    </>
  )
}

const SAMPLES = [['truth', TRUE, undefined], ['said', SAID, '7 5'], ['other', OTHER, '2 4']] as const
export function Legend({ withOther = false }: { withOther?: boolean }) {
  const { t } = useTranslation()
  return (
    <span style={{ display: 'inline-flex', gap: 16, flexWrap: 'wrap', fontSize: 'var(--mantine-font-size-xs)' }}>
      {SAMPLES.filter(([kind]) => withOther || kind !== 'other').map(([kind, colour, dashes]) => (
        <span key={kind}><svg width={28} height={8} aria-hidden><line x1={0} x2={28} y1={4} y2={4} stroke={colour} strokeWidth={2} strokeDasharray={dashes} /></svg> {t(`evaluation_line.${kind}`)}</span>
      ))}
    </span>
  )
}
