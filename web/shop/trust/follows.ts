import type { Followed } from '@shared/api/types'

// On air first, then whoever is back soonest, then the others, newest follow first.
export function byNearest(items: readonly Followed[]): Followed[] {
  const rank = (one: Followed) => (one.broadcast_id ? 0 : one.next_at ? 1 : 2)
  return [...items].sort((a, b) => rank(a) - rank(b) || (rank(a) === 1 ? Date.parse(a.next_at!) - Date.parse(b.next_at!) : Date.parse(b.at) - Date.parse(a.at)))
}
