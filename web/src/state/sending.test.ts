import { expect, test } from 'vitest'
import { chosenOf, unsent } from './sending'

const file = (path: string, text = 'x', lastModified = 7) => {
  const made = new File([text], path.split('/').at(-1) ?? '', { lastModified })
  Object.defineProperty(made, 'webkitRelativePath', { value: path.includes('/') ? path : '' })
  return made
}

test('files are named by their path below the chosen folder, and what a system adds is left', () => {
  const chosen = chosenOf([file('set/meta.json'), file('set/a/1.png'), file('set/.DS_Store'), file('set/__MACOSX/x'), file('lone.csv')])
  expect(chosen.map(({ path }) => path)).toEqual(['meta.json', 'a/1.png', 'lone.csv'])
})

test('what is there with the same length and time is not sent again', () => {
  const chosen = chosenOf([file('s/a'), file('s/b', 'xy'), file('s/c', 'x', 8), file('s/d')])
  const known = ['a', 'b', 'c'].map((path) => ({ path, bytes: 1, modified: 7 }))
  expect(unsent(chosen, known).map(({ path }) => path)).toEqual(['b', 'c', 'd'])
})
