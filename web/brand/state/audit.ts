// A line of the audit in words: what was done, and each detail under its name, with amounts, rates and names as such.
import { languageTag } from '@shared/i18n'
import { money, percent } from '@shared/format/money'
import { currency } from './desk'
import { hasWords, t, type DeskKey } from '../i18n'

// What the list can be narrowed to: the beginning of an action's name.
export const auditKinds = ['agent', 'agents', 'training_task', 'training', 'region', 'matrix_rules', 'staff', 'person', 'brand', 'product', 'catalog', 'sku', 'stock', 'campaign', 'plan', 'coupon', 'shipping', 'words', 'order', 'refund', 'settlement', 'payout', 'lock_rules', 'lock', 'review', 'guarantee', 'assistant', 'webhook', 'evidence', 'hold', 'erasure'] as const

export const actionWords = (action: string) => (hasWords(`audit.did.${action}`) ? t(`audit.did.${action}` as DeskKey) : action)

export interface Detail {
  label: string
  // One of the two: words, or an id whose name is shown.
  text?: string
  id?: string
}
const isId = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-z]{13}$/.test(value)
const isChange = (value: unknown): value is { from: unknown; to: unknown } => typeof value === 'object' && value !== null && 'from' in value && 'to' in value
// Values that are words of a list.
const lists: Partial<Record<string, string>> = { state: 'agent.state', from: 'agent.state', to: 'agent.state', roles: 'staff.role', scope: 'plan.scope', giver: 'coupon.giver', kind: 'task.kind', applications: 'matrix.applications', admission: 'matrix.admission', settlement_approval: 'money.approval' }
function word(key: string, value: string): string {
  const list = lists[key]
  return list && hasWords(`${list}.${value}`) ? t(`${list}.${value}` as DeskKey) : value
}
function shown(key: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  if (typeof value === 'boolean') return t(value ? 'audit.yes' : 'audit.no')
  if (typeof value === 'number') return key.endsWith('_fen') ? money(value, currency.value) : key.endsWith('_bp') ? percent(value) : value.toLocaleString(languageTag.value)
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.map((one) => shown(key, one)).join(', ')
  if (typeof value === 'object') return Object.entries(value).map(([name, one]) => `${labelOf(name)} ${shown(name, one)}`).join(', ')
  return word(key, String(value))
}
const labelOf = (key: string) => (hasWords(`audit.key.${key}`) ? t(`audit.key.${key}` as DeskKey) : key)
const change = (key: string, from: unknown, to: unknown) => `${shown(key, from)} → ${shown(key, to)}`

export function detailsOf(detail: unknown): Detail[] {
  const all = { ...((detail ?? {}) as Record<string, unknown>) }
  const out: Detail[] = []
  if ('from_fen' in all && 'to_fen' in all) {
    out.push({ label: t('audit.key.price'), text: change('_fen', all.from_fen, all.to_fen) })
    delete all.from_fen
    delete all.to_fen
  }
  if (isChange(all)) {
    out.push({ label: '', text: change('to', all.from, all.to) })
    delete all.from
    delete all.to
  }
  for (const [key, value] of Object.entries(all)) {
    // What is not set needs no words.
    if (value === '' || value === null || (Array.isArray(value) && value.length === 0) || (value === 0 && /_(fen|bp)$/.test(key))) continue
    if (isChange(value)) out.push({ label: labelOf(key), text: change(key, value.from, value.to) })
    else if (key.endsWith('_id') && isId(value)) out.push({ label: labelOf(key), id: value })
    else out.push({ label: labelOf(key), text: shown(key, value) })
  }
  return out
}

const pages: Partial<Record<string, string>> = { order: 'orders', after_sale: 'after-sales', campaign: 'campaigns', settlement_run: 'settlements', settlement: 'why/settlement', webhook: 'webhooks' }
export const subjectPage = (kind: string, id: string) => (pages[kind] ? `${pages[kind]}/${id}` : undefined)
// Kinds whose ids have names.
export const isNamed = (kind: string) => ['agent', 'store', 'broadcast', 'product', 'sku', 'person'].includes(kind)
