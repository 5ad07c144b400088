import { money, percent } from '@shared/format/money'
import { serverNow } from '@shared/format/time'
import type { ListCouponsReply } from '@shared/api/schema'
import { currency } from './desk'
import { t } from '../i18n'

type Coupon = ListCouponsReply['items'][number]
// What it takes off, in words.
export const couponOff = (one: Coupon) =>
  one.off_fen > 0 ? t('coupon.off.amount', { amount: money(one.off_fen, currency.value) }) : one.cap_fen > 0 ? t('coupon.off.rate.cap', { rate: percent(one.off_bp), amount: money(one.cap_fen, currency.value) }) : t('coupon.off.rate', { rate: percent(one.off_bp) })
export function couponState(one: Coupon): 'withdrawn' | 'soon' | 'now' | 'out' | 'over' {
  if (one.withdrawn_at) return 'withdrawn'
  if (Date.parse(one.starts_at) > serverNow()) return 'soon'
  if (Date.parse(one.ends_at) <= serverNow()) return 'over'
  return one.left > 0 ? 'now' : 'out'
}
