// What changed at the store while a page is open: the server tells the kind of thing over one socket, and the pages that
// show such things ask for them again. After a break everything is asked for again. The socket is there while a page
// wants it.
import { onBeforeUnmount } from 'vue'
import { Link } from '@shared/room/link'
import { storeId } from './desk'

type Load = () => unknown
const listeners = new Map<Load, Set<string>>()
const gatherMs = 400
const lingerMs = 3000

let timer: ReturnType<typeof setTimeout> | undefined
let leaving: ReturnType<typeof setTimeout> | undefined
let link: Link | undefined
let store = ''
let opened = false
const waiting = new Set<Load>()
function nudge(kind: string | null) {
  for (const [load, kinds] of listeners) if (kind === null || kinds.has(kind)) waiting.add(load)
  // A crowd of changes is one question.
  timer ??= setTimeout(() => {
    timer = undefined
    const all = [...waiting]
    waiting.clear()
    for (const load of all) if (listeners.has(load)) void load()
  }, gatherMs)
}
function listen() {
  clearTimeout(leaving)
  if (link && store === storeId.value) return
  link?.stop()
  store = storeId.value
  if (!store) return
  opened = false
  link = new Link(`/api/v1/stores/${encodeURIComponent(store)}/ws`, {
    message: (message) => {
      if (message.t === 'changed') nudge(String(message.of))
    },
    state: (state) => {
      if (state !== 'open') return
      // What the page loaded by itself is fresh enough the first time.
      if (opened) nudge(null)
      opened = true
    },
  })
}

export function useNudges(kinds: string[], load: Load) {
  listeners.set(load, new Set(kinds))
  listen()
  onBeforeUnmount(() => {
    listeners.delete(load)
    // The next page wants it too.
    leaving = setTimeout(() => {
      if (listeners.size > 0) return
      link?.stop()
      link = undefined
    }, lingerMs)
  })
}
