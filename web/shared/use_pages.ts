// A list that comes a page at a time: `load()` from its start, `load(true)` the next page. A newer load beats an older one
// that comes late; what is shown stays until something better is there.
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { asProblem, type Problem } from './api/problem'

export interface Pages<T> {
  rows: ShallowRef<readonly T[]>
  next: Ref<string | null>
  pending: Ref<boolean>
  problem: ShallowRef<Problem | null>
  load: (more?: boolean) => Promise<void>
  clear: () => void
}
export function usePages<T>(read: (after: string | undefined) => Promise<{ items: T[]; next?: string | null }>): Pages<T> {
  const rows = shallowRef<readonly T[]>([])
  const next = ref<string | null>(null)
  const pending = ref(true)
  const problem = shallowRef<Problem | null>(null)
  let turn = 0
  async function load(more = false) {
    const mine = ++turn
    pending.value = true
    try {
      const got = await read(more ? (next.value ?? undefined) : undefined)
      if (mine !== turn) return
      rows.value = more ? [...rows.value, ...got.items] : got.items
      next.value = got.next ?? null
      problem.value = null
    } catch (error) {
      if (mine === turn) problem.value = asProblem(error)
    } finally {
      if (mine === turn) pending.value = false
    }
  }
  function clear() {
    rows.value = []
    next.value = null
  }
  return { rows, next, pending, problem, load, clear }
}
