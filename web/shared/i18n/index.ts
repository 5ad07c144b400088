// Two languages, chosen by the visitor or else by the browser; kept in this browser only.
//
// A message is a text with {names}, or one text per plural form ({one, other}, chosen by `n`). Chinese is the list of
// keys: English must have the same ones (the compiler says so, and shared/i18n/messages.test.ts).
import { computed, ref } from 'vue'

export type Message = string | { one: string; other: string }
export type Messages<Key extends string = string> = Record<Key, Message>
export type Locale = 'zh' | 'en'

const stored = 'lianbo.language'
function preferred(): Locale {
  try {
    const kept = localStorage.getItem(stored)
    if (kept === 'zh' || kept === 'en') return kept
  } catch {
    // Storage may be switched off.
  }
  return /^zh\b/i.test(typeof navigator === 'undefined' ? 'zh' : navigator.language) ? 'zh' : 'en'
}

export const locale = ref<Locale>(preferred())
export const languageTag = computed(() => (locale.value === 'zh' ? 'zh-CN' : 'en'))

export function setLocale(next: Locale) {
  locale.value = next
  try {
    localStorage.setItem(stored, next)
  } catch {
    // As above.
  }
  applyLocale()
}
export function applyLocale() {
  if (typeof document !== 'undefined') document.documentElement.lang = languageTag.value
}

export type Params = Record<string, string | number>

const numbers = new Map<string, Intl.NumberFormat>()
// Small whole numbers look the same everywhere; a formatter of the first is dear on a weak phone.
function written(n: number, tag: string): string {
  if (Number.isInteger(n) && n >= 0 && n < 1000) return String(n)
  let found = numbers.get(tag)
  if (!found) numbers.set(tag, (found = new Intl.NumberFormat(tag)))
  return found.format(n)
}

export function fill(message: Message, params: Params | undefined, tag: string): string {
  let text: string
  if (typeof message === 'string') text = message
  else text = new Intl.PluralRules(tag).select(Number(params?.n ?? 0)) === 'one' ? message.one : message.other
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params?.[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? written(value, tag) : value
  })
}

export function makeTranslator<Key extends string>(zh: Messages<Key>, en: Messages<Key>) {
  const has = (key: string): key is Key => Object.prototype.hasOwnProperty.call(zh, key)
  const t = (key: Key, params?: Params): string => fill((locale.value === 'zh' ? zh : en)[key], params, languageTag.value)
  return { t, has }
}
