// The words of what comes later than a first visit (orders, checkout, what is mine …), beside those of the first: only
// the pages and parts that are loaded when they are gone to take their words from here.
import { makeTranslator, type Params } from '@shared/i18n'
import { en } from './en'
import { pagesEn } from './pages_en'
import { pagesZh } from './pages_zh'
import { zh } from './zh'

export type PageKey = keyof typeof pagesZh
const translator = makeTranslator({ ...zh, ...pagesZh }, { ...en, ...pagesEn })
export const t = translator.t
// For names that come from an address or the server: '' when there are no words for it.
export const tMaybe = (key: string, params?: Params) => (translator.has(key) ? translator.t(key, params) : '')
