// Real DICOM files, out of the Python packages that carry them, and their pixels read without any of our code.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDERS = { CT_small: 'pydicom/data/test_files', emri_small: 'data_store/data', '693_UNCI': 'data_store/data', RG1_UNCR: 'data_store/data' }
export type Name = keyof typeof FOLDERS

export function dicom(name: Name): Buffer {
  const root = process.env['MEDREG_TEST_DICOM'] ?? '../target/test-data'
  return readFileSync(join(root, FOLDERS[name], `${name}.dcm`))
}

// Where the samples of an uncompressed file of 16 bits begin, PS3.5 section 7.1.2: the tag of PixelData, OW, two bytes, the length.
const HEAD = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x57, 0x00, 0x00])
export function samples(file: Buffer): DataView {
  const at = file.indexOf(HEAD) + HEAD.length
  return new DataView(file.buffer, file.byteOffset + at + 4, file.readUInt32LE(at))
}

export function form(file: Uint8Array, name: string, fields: Record<string, string>): FormData {
  const form = new FormData()
  form.set('file', new Blob([file as BlobPart]), name)
  for (const [key, value] of Object.entries({ attested: 'true', ...fields })) form.set(key, value)
  return form
}
