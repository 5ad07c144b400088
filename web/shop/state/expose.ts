// What was really shown (half of it on screen), told in one message now and then. Each counts once a person, so that
// repeating is harmless; what is lost is not missed.
import type { Directive } from 'vue'
import { api } from '@shared/api/client'
import { recordClicks, recordExposures } from '@shared/api/schema'
import { shareOf } from '@shared/site'

type Item = { kind: 'broadcast' | 'product' | 'clip'; id: string }
const told = new Set<string>()
let waiting: Item[] = []
let timer: ReturnType<typeof setTimeout> | undefined

function tell(item: Item) {
  const key = `${item.kind} ${item.id}`
  if (told.has(key)) return
  told.add(key)
  waiting.push(item)
  timer ??= setTimeout(() => {
    timer = undefined
    const items = waiting.slice(0, 200)
    waiting = []
    api(recordExposures, { body: { items } }).catch(() => undefined)
  }, 1500)
}

// A product's card was opened: in a room, or in a store outside of one.
export function tellClick(store: string, product: string, broadcast: string | null) {
  if (!store) return
  api(recordClicks, { body: { items: [{ store_id: store, product_id: product, broadcast_id: broadcast, share_id: shareOf(store) }] } }).catch(() => undefined)
}

const items = new WeakMap<Element, Item>()
let observer: IntersectionObserver | undefined
export const vExpose: Directive<Element, Item> = {
  mounted(element, { value }) {
    if (typeof IntersectionObserver === 'undefined') return
    observer ??= new IntersectionObserver(
      (seen) => {
        for (const entry of seen) {
          const item = items.get(entry.target)
          if (!entry.isIntersecting || !item) continue
          tell(item)
          observer?.unobserve(entry.target)
        }
      },
      { threshold: 0.5 },
    )
    items.set(element, value)
    observer.observe(element)
  },
  unmounted(element) {
    observer?.unobserve(element)
  },
}
