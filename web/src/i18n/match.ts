// Which of the interface's languages serves somebody best, from what their browser asks for, in its order.
export const LANGS = { en: 'English', 'zh-Hans': '简体中文', ja: '日本語' } as const
export type InterfaceLang = keyof typeof LANGS

export function matchLang(wanted: readonly string[]): InterfaceLang {
  const langs = Object.keys(LANGS) as InterfaceLang[]
  const primary = (tag: string) => tag.split('-')[0]?.toLowerCase()
  return wanted.flatMap((tag) => langs.find((lang) => primary(lang) === primary(tag)) ?? [])[0] ?? 'en'
}
