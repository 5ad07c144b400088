// What the server explains, as trees to read. It gives ids, figures and instants; the words are here.
import { money, percent } from '@shared/format/money'
import { dateTime } from '@shared/format/time'
import { at, currency } from '../state/desk'
import { nameOf } from '../state/names'
import { t, type DeskKey } from '../i18n'

export interface WhyNode {
  text: string
  note?: string
  value?: string
  tone?: 'plus' | 'minus' | 'lost'
  to?: string
  open?: boolean
  children?: WhyNode[]
}
type Id = string | null
interface Entry {
  id: string
  agent_id: string
  role: string
  seq: number
  line: number
  net_fen: number
  bp: number
  entry_at_net_fen?: number
  amount_fen: number
  plan_version?: number
  freeze_days?: number
  state: string
  at: string
  frozen_until?: string | null
  available_at?: string | null
  settlement_id?: Id
}
interface Posting {
  tx_id: string
  cause: string
  account: string
  agent_id: Id
  amount_fen: number
  at: string
}
interface Step {
  at: string
  rules_version: number
  kind: string
  outcome?: string
  agent_id?: Id
  loser_agent_id?: Id
  share_id?: Id
  lock_after?: { agent_id: string; expires_at: string } | null
}
interface WhyOrder {
  order_id: string
  total_fen: number
  paid_at: string | null
  lock_agent_id: Id
  roles: { role: string; agent_id: Id; earns: boolean }[]
  lines: { line: number; title: string; paid_fen: number; refunded_fen: number; net_fen: number; plan_version: number; host_bp: number; promoter_bp: number; recruiter_bp: number; clipper_bp: number; freeze_days: number }[]
  entries: Entry[]
  refunds: { id: string; amount_fen: number; state: string }[]
  lock?: { steps: Step[] }
  ledger?: Posting[]
}
interface WhyEntry {
  entry: Entry
  history: Entry[]
  sum_fen: number
  net_fen: number
  entry_at_net_fen: number
  order: WhyOrder
}
interface WhySettlement {
  settlement: { agent_id: string; entries_fen: number; debt_before_fen: number; worked_off_fen: number; new_debt_fen: number; payable_fen: number; payout_reference: string; paid_at: string | null }
  cutoff_at: string
  debt_after_fen: number
  entries: Entry[]
  ledger: Posting[]
}

const sum = (fen: number) => money(fen, currency.value)
const who = (id: Id | undefined) => (id ? (nameOf(id)?.name ?? '…') : t('why.nobody'))
const tone = (fen: number): WhyNode['tone'] => (fen < 0 ? 'minus' : undefined)
const role = (name: string) => t(`role.${name}` as DeskKey)

function roleNode(one: WhyOrder['roles'][number]): WhyNode {
  const reason = !one.agent_id ? `why.none.${one.role}` : one.earns ? `why.role.${one.role}` : 'why.self'
  return { text: `${role(one.role)}: ${who(one.agent_id)}`, note: t(reason as DeskKey), tone: one.earns ? undefined : 'lost', to: one.agent_id ? at(`agents/${one.agent_id}`) : undefined }
}
function entryNode(e: Entry): WhyNode {
  const children: WhyNode[] = [{ text: t('why.entry.formula', { net: sum(e.net_fen), rate: percent(e.bp) }), value: e.entry_at_net_fen === undefined ? undefined : sum(e.entry_at_net_fen) }]
  if (e.seq > 0) children.push({ text: t('why.entry.correction'), value: sum(e.amount_fen), tone: tone(e.amount_fen) })
  if (e.plan_version) children.push({ text: t('why.entry.plan', { version: e.plan_version, days: e.freeze_days ?? 0 }) })
  if (e.frozen_until) children.push({ text: t('why.entry.frozen', { at: dateTime(e.frozen_until) }) })
  if (e.available_at) children.push({ text: t('why.entry.available', { at: dateTime(e.available_at) }) })
  if (e.settlement_id) children.push({ text: t('why.entry.settled'), to: at(`why/settlement/${e.settlement_id}`) })
  return {
    text: `${role(e.role)}: ${who(e.agent_id)}${e.seq > 0 ? ` · ${t('entry.correction')}` : ''}`,
    note: `${t(`entry.state.${e.state}` as DeskKey)} · ${dateTime(e.at)}`,
    value: sum(e.amount_fen),
    tone: tone(e.amount_fen),
    children,
  }
}
const losing = ['protected', 'self', 'agent', 'inactive', 'nobody', 'ad']
function stepNode(step: Step): WhyNode {
  const outcome = step.kind === 'order' || step.kind === 'ad' ? step.kind : (step.outcome ?? 'nobody')
  const after = step.lock_after
  return {
    text: t(`lock.${outcome}` as DeskKey, { agent: who(step.agent_id), loser: who(step.loser_agent_id) }),
    note: `${dateTime(step.at)} · ${t('why.rules', { version: step.rules_version })}${after ? ` · ${t('why.lock.until', { agent: who(after.agent_id), at: dateTime(after.expires_at) })}` : ''}`,
    tone: losing.includes(outcome) ? 'lost' : undefined,
    to: step.share_id ? at(`cascades/${step.share_id}`) : undefined,
  }
}
function ledgerNodes(postings: Posting[]): WhyNode[] {
  const txs = new Map<string, Posting[]>()
  for (const one of postings) txs.set(one.tx_id, [...(txs.get(one.tx_id) ?? []), one])
  return [...txs.values()].map((all) => ({
    text: t(`cause.${all[0]!.cause}` as DeskKey),
    note: dateTime(all[0]!.at),
    children: all.map((one) => ({ text: `${t(`ledger.${one.account}` as DeskKey)}${one.agent_id ? ` · ${who(one.agent_id)}` : ''}`, value: sum(one.amount_fen), tone: tone(one.amount_fen) })),
  }))
}

export function orderTree(raw: unknown): WhyNode[] {
  const o = raw as WhyOrder
  const lines: WhyNode[] = o.lines.map((l) => {
    const rates = (['host', 'promoter', 'recruiter', 'clipper'] as const).filter((one) => l[`${one}_bp`] > 0).map((one) => `${role(one)} ${percent(l[`${one}_bp`])}`)
    return {
      text: l.title,
      note: t('why.line', { paid: sum(l.paid_fen), refunded: sum(l.refunded_fen) }),
      value: sum(l.net_fen),
      open: true,
      children: [{ text: l.plan_version > 0 ? t('why.plan', { version: l.plan_version, rates: rates.join(', ') || '0' }) : t('why.noplan'), note: t('why.freeze', { days: l.freeze_days }) }, ...o.entries.filter((e) => e.line === l.line).map(entryNode)],
    }
  })
  const out: WhyNode[] = [
    { text: t('why.order.paid'), value: sum(o.total_fen), note: o.paid_at ? dateTime(o.paid_at) : t('why.order.unpaid'), children: o.refunds.map((r) => ({ text: t('why.refund'), value: sum(-r.amount_fen), tone: 'minus' as const, note: t(`refund.${r.state}` as DeskKey) })) },
    { text: t('why.roles'), open: true, children: o.roles.map(roleNode) },
    { text: t('why.lines'), open: true, children: lines },
  ]
  if (o.lock) out.push({ text: t('why.lock', { agent: who(o.lock_agent_id) }), note: t('why.lock.note'), open: o.lock.steps.length > 0 && o.lock.steps.length < 6, children: o.lock.steps.length > 0 ? o.lock.steps.map(stepNode) : [{ text: t('why.lock.none'), tone: 'lost' }] })
  if (o.ledger && o.ledger.length > 0) out.push({ text: t('why.ledger'), note: t('why.ledger.note'), children: ledgerNodes(o.ledger) })
  return out
}

export function entryTree(raw: unknown): WhyNode[] {
  const w = raw as WhyEntry
  return [
    { ...entryNode(w.entry), open: true },
    { text: t('why.history'), note: t('why.history.note', { net: sum(w.net_fen), rate: percent(w.entry.bp), amount: sum(w.entry_at_net_fen) }), value: sum(w.sum_fen), open: true, children: w.history.map((e) => ({ text: e.seq === 0 ? t('why.granted') : t('entry.correction'), note: dateTime(e.at), value: sum(e.amount_fen), tone: tone(e.amount_fen) })) },
    { text: t('why.order', { id: w.order.order_id }), open: true, children: orderTree(w.order) },
  ]
}

export function settlementTree(raw: unknown): WhyNode[] {
  const w = raw as WhySettlement
  const s = w.settlement
  return [
    {
      text: t('why.settlement', { agent: who(s.agent_id) }),
      note: t('why.settlement.until', { at: dateTime(w.cutoff_at) }),
      value: sum(s.payable_fen),
      open: true,
      children: [
        { text: t('settle.entries'), value: sum(s.entries_fen), tone: tone(s.entries_fen) },
        { text: t('settle.debt.before'), value: sum(s.debt_before_fen) },
        { text: t('settle.worked'), value: sum(-s.worked_off_fen), tone: s.worked_off_fen > 0 ? 'minus' : undefined },
        { text: t('settle.newdebt'), value: sum(s.new_debt_fen) },
        { text: t('settle.debt.after'), value: sum(w.debt_after_fen) },
        { text: t('settle.payable'), value: sum(s.payable_fen) },
        { text: s.paid_at ? t('settle.paid', { at: dateTime(s.paid_at), reference: s.payout_reference }) : t('settle.unpaid') },
      ],
    },
    { text: t('why.entries', { n: w.entries.length }), open: true, children: w.entries.map((e) => ({ text: `${role(e.role)}${e.seq > 0 ? ` · ${t('entry.correction')}` : ''}`, note: `${sum(e.net_fen)} × ${percent(e.bp)} · ${dateTime(e.at)}`, value: sum(e.amount_fen), tone: tone(e.amount_fen), to: at(`why/entry/${e.id}`) })) },
    { text: t('why.ledger'), children: ledgerNodes(w.ledger) },
  ]
}

export function lockTree(raw: unknown): WhyNode[] {
  const steps = (raw as { steps?: Step[] } | null | undefined)?.steps ?? []
  return steps.length > 0 ? steps.map(stepNode) : [{ text: t('why.lock.none'), tone: 'lost' }]
}
