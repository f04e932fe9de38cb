import { Anchor, Text, type AnchorProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

interface Props extends AnchorProps {
  project: string
  image: string
  opens: boolean
}

// A case by the end of its id, and the way to it for whoever may take it.
export function CaseLink({ project, image, opens, ...props }: Props) {
  const { t } = useTranslation()
  const name = `…${image.slice(-6)}`
  if (!opens) return <Text size="sm">{name}</Text>
  return <Anchor component={Link} to={`/projects/${project}/read/${image}`} size="sm" {...props}>{t('worklist.open')} {name}</Anchor>
}
