// A region's description in each of the project's languages, with what does not agree between them.
import { useMemo, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { Described, Region } from '../../api/client'
import type { Action } from '../../state/annotation'
import { fieldsIn, selectPlaceholder } from './fillIn'
import { Flags } from './Flags'
import { Texts } from './Texts'

interface Props {
  image: string
  region: Region
  langs: readonly string[]
  dispatch(action: Action): void
}

export function Descriptions({ image, region, langs, dispatch }: Props) {
  const { t } = useTranslation()
  const { texts, concept, presence, bbox } = region
  const described = useMemo<Described>(() => ({ texts: texts ?? {}, concept: concept ?? null, presence: presence ?? null, bbox }), [texts, concept, presence, bbox])
  const write = (lang: string, text: string) => dispatch({ kind: 'write', id: region.id, lang, text })
  const settle = () => dispatch({ kind: 'settle' })
  // Tab goes to the next placeholder, in either text, and on through the page where none is left in its way.
  const step = (event: KeyboardEvent) => {
    const { target, key, shiftKey, ctrlKey, altKey, metaKey, nativeEvent } = event
    if (key !== 'Tab' || ctrlKey || altKey || metaKey || nativeEvent.isComposing || !(target instanceof HTMLTextAreaElement)) return
    const fields = fieldsIn(event.currentTarget)
    const at = { field: fields.indexOf(target), start: target.selectionStart, end: target.selectionEnd }
    if (!selectPlaceholder(fields, at, shiftKey ? -1 : 1)) return
    event.preventDefault()
    settle()
  }
  return (
    <div onKeyDown={step}>
      <Flags image={image} described={described} onWrite={write} onSettle={settle}>
        {(under) => (
          <Texts
            langs={langs}
            texts={texts}
            size="sm"
            rows={[3, 8]}
            label={(lang) => t('read.description', { lang })}
            under={under}
            onWrite={write}
            onSettle={settle}
          />
        )}
      </Flags>
    </div>
  )
}
