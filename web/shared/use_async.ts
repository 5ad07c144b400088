// What a page loads: pending, then a value or a problem. A newer load beats an older one that comes late.
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { asProblem, type Problem } from './api/problem'

export interface Loading<T> {
  value: ShallowRef<T | undefined>
  problem: ShallowRef<Problem | undefined>
  pending: Ref<boolean>
  load: () => Promise<void>
}
export function useAsync<T>(read: () => Promise<T>): Loading<T> {
  const value = shallowRef<T>()
  const problem = shallowRef<Problem>()
  const pending = ref(false)
  let turn = 0
  async function load() {
    const mine = ++turn
    pending.value = true
    try {
      const got = await read()
      if (mine !== turn) return
      value.value = got
      problem.value = undefined
    } catch (error) {
      if (mine === turn) problem.value = asProblem(error)
    } finally {
      if (mine === turn) pending.value = false
    }
  }
  return { value, problem, pending, load }
}
