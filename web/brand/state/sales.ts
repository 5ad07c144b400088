// The steps of an after-sale that the brand takes, and how they are taken.
import { api } from '@shared/api/client'
import { approveAfterSale, dismissAfterSale, goodsBackAfterSale, refundInstead, rejectAfterSale, sendReplacement, upholdAfterSale } from '@shared/api/schema'
import type { AfterSale } from '@shared/api/types'

export const saleSteps = ['approve', 'goods_back', 'send_replacement', 'refund_instead', 'uphold', 'dismiss', 'reject'] as const
export type SaleStep = (typeof saleSteps)[number]
export interface SaleForm {
  answer: string
  carrier: string
  tracking_number: string
  // null: all of them.
  restock_qty: number | null
}
export const refuses = (step: SaleStep) => step === 'reject' || step === 'dismiss'
export function takeStep(id: string, step: SaleStep, form: SaleForm) {
  const path = { after_sale_id: id }
  const answer = form.answer || undefined
  const restock_qty = form.restock_qty ?? undefined
  switch (step) {
    case 'approve':
      return api(approveAfterSale, { path, body: { answer } })
    case 'goods_back':
      return api(goodsBackAfterSale, { path, body: { answer, restock_qty } })
    case 'send_replacement':
      return api(sendReplacement, { path, body: { answer, carrier: form.carrier, tracking_number: form.tracking_number } })
    case 'refund_instead':
      return api(refundInstead, { path, body: { answer } })
    case 'uphold':
      return api(upholdAfterSale, { path, body: { answer, restock_qty } })
    case 'dismiss':
      return api(dismissAfterSale, { path, body: { answer } })
    case 'reject':
      return api(rejectAfterSale, { path, body: { answer } })
  }
}
// What the brand may do next, by where the case stands, for lists; the case itself says it exactly.
const next: Partial<Record<AfterSale['state'], SaleStep[]>> = { requested: ['approve', 'reject'], returned: ['goods_back', 'reject'], replacing: ['send_replacement', 'refund_instead'], disputed: ['uphold', 'dismiss'] }
export const nextSteps = (sale: AfterSale): readonly SaleStep[] => next[sale.state] ?? []
export const saleTone = (state: AfterSale['state']) => (({ refunded: 'good', exchanged: 'good', rejected: 'plain', withdrawn: 'plain', lapsed: 'plain', dismissed: 'plain', disputed: 'bad' }) as const)[state as string] ?? 'warn'
