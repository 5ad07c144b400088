import { watchEffect } from 'vue'
import { shared } from './i18n/messages'

// The document's title: the thing looked at, then the place.
export function useTitle(title: () => string) {
  watchEffect(() => {
    const text = title()
    document.title = text ? `${text} · ${shared.t('app.name')}` : shared.t('app.name')
  })
}
