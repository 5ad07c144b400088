// One thing at a time: a button that was pressed waits for its answer.
import { ref } from 'vue'
import { sayDone, sayProblem } from './say'

export function useBusy() {
  const busy = ref(false)
  async function run<T>(work: () => Promise<T>, done?: string): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = true
    try {
      const out = await work()
      if (done) sayDone(done)
      return out
    } catch (error) {
      sayProblem(error)
      return undefined
    } finally {
      busy.value = false
    }
  }
  return { busy, run }
}
