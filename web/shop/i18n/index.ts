// The words of a first visit: the hall, rooms, products, stores. Those of all other pages: pages.ts.
import { makeTranslator, type Params } from '@shared/i18n'
import { en } from './en'
import { zh } from './zh'

export type ShopKey = keyof typeof zh
const translator = makeTranslator<ShopKey>(zh, en)
export const t = translator.t
// For names that come from an address or the server: '' when there are no words for it.
export const tMaybe = (key: string, params?: Params) => (translator.has(key) ? translator.t(key, params) : '')
