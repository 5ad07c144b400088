// What each part of a score came from, in the words of the page. The server computes; nothing is recomputed here.
import type { Score } from '../api/types'
import { percent } from '../format/money'
import { languageTag } from '../i18n'
import { trust } from './i18n'

export type ScorePart = Score['parts'][number]

const number = (n: number, digits: number) => n.toLocaleString(languageTag.value, { maximumFractionDigits: digits })
// 3,920 hundredths are 39.2 points.
export const points = (hundredths: number) => number(hundredths / 100, 2)
// Reviews count in quarters: one for each star above the first.
const quarters = 4
export function averageStars(part: ScorePart): number {
  return part.total > 0 ? 1 + (quarters * part.good) / part.total : 0
}
export function partFrom(part: ScorePart): string {
  if (part.total === 0) return trust.t(`part.${part.part}.none`)
  if (part.part === 'reviews') return trust.t('part.reviews.from', { n: part.total / quarters, stars: number(averageStars(part), 1) })
  return trust.t(`part.${part.part}.from`, { n: part.total, good: part.good, total: part.total })
}
// The sum the server made, as numbers: what is missing to the whole counts five times for refunds.
export function partSum(part: ScorePart): string {
  const share = `(${number(part.good, 0)} + ${number(part.prior_good, 0)}) ÷ (${number(part.total, 0)} + ${number(part.prior_total, 0)})`
  return `${part.part === 'refunds' ? `1 − 5 × (1 − ${share})` : share} = ${percent(part.value_bp)}`
}
