// One viewer's feed, page after page: nothing twice, also when the server has forgotten the feed and it begins anew.
import { computed, ref, shallowRef } from 'vue'
import { api } from '@shared/api/client'
import { asProblem, type Problem } from '@shared/api/problem'
import { getFeed, type GetFeedReply } from '@shared/api/schema'

export type FeedItem = GetFeedReply['items'][number] & { feed: string }
type Read = (cursor: string | undefined) => Promise<GetFeedReply>
export const keyOf = (one: { kind: string; id: string }) => `${one.kind} ${one.id}`

export function useStream(read: Read) {
  const items = shallowRef<readonly FeedItem[]>([])
  const next = ref<string | null>(null)
  const pending = ref(false)
  const problem = shallowRef<Problem>()
  const begun = ref(false)
  const shown = new Set<string>()
  const done = computed(() => begun.value && next.value === null)
  let turn = 0
  async function get(mine: number): Promise<boolean> {
    let got: GetFeedReply
    try {
      got = await read(next.value ?? undefined)
    } catch (error) {
      const bad = asProblem(error)
      if (bad.name !== 'cursor_expired' || next.value === null) throw error
      got = await read(undefined)
    }
    if (mine !== turn) return false
    const fresh = got.items.filter((one) => !shown.has(keyOf(one)))
    for (const one of fresh) shown.add(keyOf(one))
    items.value = [...items.value, ...fresh.map((one) => ({ ...one, feed: got.feed }))]
    next.value = got.next ?? null
    begun.value = true
    // A feed that began anew may bring a whole page that was seen before.
    return fresh.length === 0 && next.value !== null
  }
  async function more() {
    if (pending.value || done.value) return
    const mine = ++turn
    pending.value = true
    try {
      for (let i = 0; i < 10 && (await get(mine)); ++i);
      if (mine === turn) problem.value = undefined
    } catch (error) {
      if (mine === turn) problem.value = asProblem(error)
    } finally {
      if (mine === turn) pending.value = false
    }
  }
  async function again() {
    ++turn
    pending.value = false
    items.value = []
    next.value = null
    begun.value = false
    shown.clear()
    await more()
  }
  return { items, pending, problem, done, begun, more, again }
}
export const readFeed =
  (brand: string): Read =>
  (cursor) =>
    api(getFeed, { path: { brand_id: brand }, query: { limit: '20', cursor } })
