// What changed at the store while a page is open: the server tells the kind of thing over one socket, and the pages that
// show such things ask for them again. After a break everything is asked for again.
import { onBeforeUnmount } from 'vue'

type Load = () => unknown
const listeners = new Map<Load, Set<string>>()
const gatherMs = 400

let timer: ReturnType<typeof setTimeout> | undefined
const waiting = new Set<Load>()
export function nudge(kind: string | null) {
  for (const [load, kinds] of listeners) if (kind === null || kinds.has(kind)) waiting.add(load)
  // A crowd of changes is one question.
  timer ??= setTimeout(() => {
    timer = undefined
    const all = [...waiting]
    waiting.clear()
    for (const load of all) if (listeners.has(load)) void load()
  }, gatherMs)
}

export function useNudges(kinds: string[], load: Load) {
  listeners.set(load, new Set(kinds))
  onBeforeUnmount(() => listeners.delete(load))
}
