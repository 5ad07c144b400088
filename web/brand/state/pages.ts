// A list that comes in pages: the first when asked, the next when wanted; a newer question beats an older answer.
import { computed, ref, shallowRef, triggerRef } from 'vue'
import { asProblem, type Problem } from '@shared/api/problem'

export interface Page<T> {
  items: T[]
  next?: string | null
}
export function usePages<T>(read: (at: { after?: string; limit: number }) => Promise<Page<T>>, limit = 50) {
  const rows = shallowRef<T[]>([])
  const next = ref<string | null>(null)
  const problem = shallowRef<Problem>()
  const pending = ref(false)
  const ready = ref(false)
  let turn = 0

  async function fetch(after?: string) {
    const mine = ++turn
    pending.value = true
    try {
      const page = await read({ after, limit })
      if (mine !== turn) return
      rows.value = after ? [...rows.value, ...page.items] : page.items
      next.value = page.next ?? null
      problem.value = undefined
      ready.value = true
    } catch (error) {
      if (mine === turn) problem.value = asProblem(error)
    } finally {
      if (mine === turn) pending.value = false
    }
  }
  return {
    rows,
    next,
    problem,
    pending,
    ready,
    load: () => fetch(),
    more: () => (next.value && !pending.value ? fetch(next.value) : Promise.resolve()),
    // One row has changed: put its new self in place of the old.
    put(is: (row: T) => boolean, row: T) {
      rows.value = rows.value.map((one) => (is(one) ? row : one))
    },
    touch: () => triggerRef(rows),
  }
}
export type Pages<T> = ReturnType<typeof usePages<T>>
// What a DataTable wants of them: <DataTable v-bind="table" …>
export const asTable = <T>(pages: Pages<T>) => computed(() => ({ rows: pages.rows.value, ready: pages.ready.value, pending: pages.pending.value, problem: pages.problem.value, more: pages.next.value !== null, onMore: pages.more, onRetry: pages.load }))
