// Routes of the money desk by what the pages need of them.
import type { Operation } from '@shared/api/operation'

export interface Run {
  id: string
  cutoff_at: string
  state: 'proposed' | 'open' | 'finished'
  by_id?: string | null
  proposed_by_id?: string | null
  approved_by_id?: string | null
  started_at: string
  finished_at?: string | null
}
export interface PreviewLine {
  // The agent’s.
  id: string
  entries: number
  debt_before_fen: number
  entries_fen: number
  worked_off_fen: number
  new_debt_fen: number
  payable_fen: number
}
export interface Preview {
  cutoff_at: string
  agents: number
  entries_fen: number
  worked_off_fen: number
  new_debt_fen: number
  payable_fen: number
  items: PreviewLine[]
  next?: string | null
}
interface Paged {
  limit?: number
  after?: string
}
export const listRuns: Operation<{ brand_id: string }, Paged, undefined, { items: Run[]; next?: string | null }> = { method: 'GET', path: '/api/v1/brands/{brand_id}/settlement-runs' }
export const preview: Operation<{ brand_id: string }, Paged & { cutoff_at?: string }, undefined, Preview> = { method: 'GET', path: '/api/v1/brands/{brand_id}/settlements/preview' }
export const approveRun: Operation<{ run_id: string }, undefined, undefined, { id: string }> = { method: 'POST', path: '/api/v1/settlement-runs/{run_id}/approve', keyed: true }

export type SaleStep = 'approve' | 'reject' | 'goods-back' | 'send-replacement' | 'refund-instead' | 'uphold' | 'dismiss'
export interface SaleStepBody {
  answer?: string
  carrier?: string
  tracking_number?: string
}
export const saleStep = (step: SaleStep): Operation<{ after_sale_id: string }, undefined, SaleStepBody, unknown> => ({ method: 'POST', path: `/api/v1/after-sales/{after_sale_id}/${step}`, keyed: true })
