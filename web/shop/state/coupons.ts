// Coupons the visitor has claimed: asked for once, when somebody is logged in.
import { reactive, watch } from 'vue'
import { api } from '@shared/api/client'
import { asProblem } from '@shared/api/problem'
import { claimCoupon, listMyCoupons } from '@shared/api/schema'
import type { ClaimedCoupon, Coupon } from '@shared/api/types'
import { money, percent } from '@shared/format/money'
import { locale } from '@shared/i18n'
import { say } from '@shared/phone/say'
import { session } from '@shared/session'
import { currency } from '@shared/site'
import { problemTitle } from '@shared/words'
import { t } from '../i18n'
import { needLogin } from './sheets'

export const claimed = reactive(new Map<string, ClaimedCoupon>())
let of = ''
export async function loadClaimed(): Promise<void> {
  const person = session.me && !session.me.guest ? (session.me.person_id ?? '') : ''
  if (person === of) return
  of = person
  claimed.clear()
  if (!person) return
  try {
    for (const one of (await api(listMyCoupons, { query: { limit: '100' } })).items) claimed.set(one.coupon.id, one)
  } catch {
    of = ''
  }
}
watch(() => session.me, () => of && void loadClaimed())

// True when it is the visitor's now.
export async function claim(coupon: Coupon): Promise<boolean> {
  if (!(await needLogin(t('login.why.coupon')))) return false
  try {
    claimed.set(coupon.id, await api(claimCoupon, { path: { coupon_id: coupon.id } }))
    say(t('coupon.claimed'))
    return true
  } catch (error) {
    const problem = asProblem(error)
    if (problem.name === 'coupon_gone') coupon.left = 0
    say(problemTitle(problem))
    return false
  }
}
// ¥5.00, or 10 %, which in Chinese is what is left of ten: 9 折.
const part = (off_bp: number) => (locale.value === 'zh' ? String((10_000 - off_bp) / 1000) : percent(off_bp))
export const couponOff = (coupon: Coupon) => (coupon.off_fen > 0 ? money(coupon.off_fen, currency.value) : t('coupon.part', { part: part(coupon.off_bp) }))
export function couponTerms(coupon: Coupon): string[] {
  const out = [coupon.min_spend_fen > 0 ? t('coupon.from', { amount: money(coupon.min_spend_fen, currency.value) }) : t('coupon.any')]
  if (coupon.off_bp > 0 && coupon.cap_fen > 0) out.push(t('coupon.cap', { amount: money(coupon.cap_fen, currency.value) }))
  if (coupon.broadcast_id) out.push(t('coupon.room'))
  else if (coupon.store_id) out.push(t('coupon.store'))
  return out
}
