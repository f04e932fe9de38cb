// The three interface languages; independent of the languages that regions are described in.
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import en from './locales/en.json'
import ja from './locales/ja.json'
import zhHans from './locales/zh-Hans.json'
import { matchLang } from './match'

export { LANGS } from './match'

const lang = localStorage.getItem('lang') ?? matchLang(navigator.languages)
document.documentElement.lang = lang
void i18next.use(initReactI18next).init({
  resources: { en: { translation: en }, 'zh-Hans': { translation: zhHans }, ja: { translation: ja } },
  lng: lang,
  fallbackLng: 'en',
  interpolation: { escapeValue: false },
})

export function chooseLang(lang: string): void {
  localStorage.setItem('lang', lang)
  document.documentElement.lang = lang
  void i18next.changeLanguage(lang)
}
