// One answer, large: the arrow keys go on to the next and back.
import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'
import type { JudgedAnswer } from '../../api/client'
import { languageName } from '../../i18n/names'
import { Faults } from './Faults'
import { Legend, Picture } from './Picture'

const SIDE = 560

interface Props {
  answer: JudgedAnswer
  name: string
  // Whether there is one before it, and one after it.
  before: boolean
  after: boolean
  go: (by: 1 | -1) => void
  close: () => void
}

export function Large({ answer, name, before, after, go, close }: Props) {
  const { t } = useTranslation()
  const step = (by: 1 | -1) => {
    if (by === 1 ? after : before) go(by)
  }
  useHotkeys([['ArrowRight', () => step(1)], ['ArrowLeft', () => step(-1)]])
  return (
    <Modal opened onClose={close} size={1080} title={`${name} · ${languageName(answer.lang)} · …${answer.image.slice(-6)}`} closeButtonProps={{ 'aria-label': t('evaluation.close') }} transitionProps={{ duration: 0 }}>
      <Group align="flex-start" wrap="nowrap" gap="lg">
        <Stack gap="xs" style={{ flex: 'none' }}><Picture answer={answer} name={name} side={SIDE} withOther /><Legend withOther /></Stack>
        <Stack gap="xs" style={{ minWidth: 0 }}>
          <Faults faults={answer.faults} />
          <Said label={t('evaluation.question')} text={answer.question} />
          <Said label={t('evaluation.truth')} text={answer.truth} />
          <Said label={`${t('evaluation.answer')} (${languageName(answer.lang)})`} text={answer.answer} />
          {answer.other && <Said label={`${t('evaluation.answer')} (${languageName(answer.other.lang)})`} text={answer.other.answer} />}
          {answer.mean_iou != null && <Text size="sm">{t('runs.iou')}: {answer.mean_iou.toFixed(3)}</Text>}
          <Text size="xs" c="gray.4">{t('evaluation.line', { line: answer.line, patient: answer.patient })}</Text>
          <Group>
            <Button variant="default" size="compact-sm" disabled={!before} onClick={() => step(-1)}>← {t('evaluation.back')}</Button>
            <Button variant="default" size="compact-sm" disabled={!after} onClick={() => step(1)}>{t('evaluation.on')} →</Button>
          </Group>
        </Stack>
      </Group>
    </Modal>
  )
}

function Said({ label, text }: { label: string; text: string }) {
  return <div><Text size="xs" c="gray.4">{label}</Text><Text size="sm" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{text || '–'}</Text></div>
}
