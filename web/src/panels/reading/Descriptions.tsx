// A region's description in each of the project's languages.
import { useTranslation } from 'react-i18next'
import type { Region } from '../../api/client'
import type { Action } from '../../state/annotation'
import { Texts } from './Texts'

interface Props {
  region: Region
  langs: readonly string[]
  dispatch(action: Action): void
}

export function Descriptions({ region, langs, dispatch }: Props) {
  const { t } = useTranslation()
  return (
    <Texts
      langs={langs}
      texts={region.texts}
      size="sm"
      rows={[3, 8]}
      label={(lang) => t('read.description', { lang })}
      onWrite={(lang, text) => dispatch({ kind: 'write', id: region.id, lang, text })}
      onSettle={() => dispatch({ kind: 'settle' })}
    />
  )
}
