// What every entry does before its first page.
import { configureClient } from './api/client'
import { applyLocale, languageTag } from './i18n'
import { applyTheme } from './theme/theme'

export function boot() {
  applyTheme()
  applyLocale()
  configureClient({ language: () => languageTag.value })
}
