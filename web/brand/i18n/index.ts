import { makeTranslator } from '@shared/i18n'
import { en } from './en'
import { zh } from './zh'

export type DeskKey = keyof typeof zh
const translator = makeTranslator<DeskKey>(zh, en)
export const t = translator.t
// Are there words for a name that came from the server?
export const hasWords = translator.has
