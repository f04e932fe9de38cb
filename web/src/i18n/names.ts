// A language's own name for itself: English, 中文, 日本語.
export function languageName(lang: string): string {
  return new Intl.DisplayNames([lang], { type: 'language' }).of(lang) ?? lang
}
