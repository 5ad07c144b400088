import { watchEffect } from 'vue'
import { t } from '../i18n'

// The document's title: the thing looked at, then the place.
export function useTitle(title: () => string) {
  watchEffect(() => {
    const text = title()
    document.title = text ? `${text} · ${t('app.name')}` : t('app.name')
  })
}
