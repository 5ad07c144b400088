import { makeTranslator, type Params } from '@shared/i18n'
import { en } from './en'
import { zh } from './zh'

export type HostKey = keyof typeof zh
const translator = makeTranslator<HostKey>(zh, en)
export const t = translator.t
// For names that come from the server: '' when there are no words for it.
export const tMaybe = (key: string, params?: Params) => (translator.has(key) ? translator.t(key, params) : '')
