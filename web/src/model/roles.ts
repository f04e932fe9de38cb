// What the server lets each role do, so that nobody is shown a way that ends in a refusal.
const MAY = {
  annotate: ['annotator', 'reviewer', 'lead', 'admin'],
  attest: ['reviewer', 'lead', 'admin'],
  upload: ['engineer', 'lead', 'admin'],
  train: ['engineer', 'lead', 'admin'],
  manage: ['lead', 'admin'],
} as const

export function may(role: string | undefined, what: keyof typeof MAY): boolean {
  return (MAY[what] as readonly string[]).includes(role ?? '')
}

// Whether a case can be opened at all: not before somebody has looked for patient data, nor where there is some.
export const isReadable = (state: string) => !['waiting_attestation', 'withheld'].includes(state)
