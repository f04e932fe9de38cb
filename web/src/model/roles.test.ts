import { expect, it } from 'vitest'
import { isReadable, may } from './roles'

it('shows each role what the server lets it do', () => {
  const can = (role: string) => (['annotate', 'attest', 'upload', 'train'] as const).filter((what) => may(role, what))
  expect(can('annotator')).toEqual(['annotate'])
  expect(can('reviewer')).toEqual(['annotate', 'attest'])
  expect(can('engineer')).toEqual(['upload', 'train'])
  expect(can('lead')).toEqual(can('admin'))
  expect(may(undefined, 'annotate')).toBe(false)
})

it('opens no case that waits for attestation or is withheld', () => {
  expect(['open', 'leased', 'submitted', 'waiting_attestation', 'withheld'].filter(isReadable)).toEqual(['open', 'leased', 'submitted'])
})
