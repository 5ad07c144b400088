// What was seen of a feed and done with it, told in one message now and then; each counts once, so repeating is harmless.
// What the server sees itself (rooms entered, products bought) is not told; moments are, for nobody else sees them.
import type { Directive } from 'vue'
import { api } from '@shared/api/client'
import { recordFeedViews } from '@shared/api/schema'

type What = 'exposure' | 'enter' | 'stay' | 'interact' | 'click'
type Deed = { feed: string; id: string; what: What }
// A little more than the server asks for.
const stayMs = 31_000
const told = new Set<string>()
let waiting: Deed[] = []
let timer: ReturnType<typeof setTimeout> | undefined
let underWay: Promise<unknown> = Promise.resolve()

// Settled when all that was told until now has arrived, or is lost.
export function flush(): Promise<unknown> {
  clearTimeout(timer)
  timer = undefined
  const all = waiting
  waiting = []
  const sent: Promise<unknown>[] = []
  for (const feed of new Set(all.map((one) => one.feed))) {
    const mine = all.filter((one) => one.feed === feed)
    for (let i = 0; i < mine.length; i += 200) sent.push(api(recordFeedViews, { body: { feed, items: mine.slice(i, i + 200).map(({ id, what }) => ({ id, what })) } }).catch(() => undefined))
  }
  return (underWay = Promise.all([underWay, ...sent]))
}
export function tell(feed: string, id: string, what: What) {
  const key = `${feed} ${id} ${what}`
  if (told.has(key)) return
  told.add(key)
  waiting.push({ feed, id, what })
  timer ??= setTimeout(() => void flush(), 1500)
}
if (typeof document !== 'undefined') document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && void flush())

// A moment that was opened: entered, and stayed with if nobody goes elsewhere meanwhile.
let staying: ReturnType<typeof setTimeout> | undefined
export function opened(feed: string, id: string) {
  tell(feed, id, 'exposure')
  tell(feed, id, 'enter')
  void flush()
  const here = () => location.pathname + location.search
  clearTimeout(staying)
  // Where one is once the page has changed.
  setTimeout(() => {
    const at = here()
    staying = setTimeout(() => document.visibilityState === 'visible' && here() === at && tell(feed, id, 'stay'), stayMs)
  }, 500)
}

const items = new WeakMap<Element, { feed: string; id: string }>()
let observer: IntersectionObserver | undefined
// Seen: half of it was on the screen.
export const vSeen: Directive<Element, { feed: string; id: string }> = {
  mounted(element, { value }) {
    if (typeof IntersectionObserver === 'undefined') return
    observer ??= new IntersectionObserver(
      (seen) => {
        for (const entry of seen) {
          const item = items.get(entry.target)
          if (!entry.isIntersecting || !item) continue
          tell(item.feed, item.id, 'exposure')
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
