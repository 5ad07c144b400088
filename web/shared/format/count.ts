import { languageTag, locale } from '../i18n'
import { shared } from '../i18n/messages'

// 980 · 1.2万 / 12k: short enough for a badge, never rounded up.
export function compact(n: number): string {
  const cut = (unit: number) => (Math.floor((n / unit) * 10) / 10).toLocaleString(languageTag.value)
  const [small, large] = locale.value === 'zh' ? [1e4, 1e8] : [1e3, 1e6]
  if (n >= large) return shared.t('count.yi', { n: cut(large) })
  if (n >= small) return shared.t('count.wan', { n: cut(small) })
  return n.toLocaleString(languageTag.value)
}
