// The desk's socket (/api/v1/brands/ID/wall/ws): what is on air, and what pages should look at again. One for the whole
// desk; it comes back by itself, and carries the rooms only while a page shows them.
import { getCurrentScope, onScopeDispose, reactive, ref } from 'vue'
import { loadSession } from '@shared/session'

export interface WallRoom {
  id: string
  store_id: string
  agent_id: string
  title: string
  host: string
  region: string
  level: string
  started_at: string
  product: string
  viewers: number
  orders: number
  paid_fen: number
  heat: number
}
export interface Minute {
  at: string
  orders: number
  paid_fen: number
}
export interface Totals {
  rooms: number
  viewers: number
  orders: number
  paid_fen: number
  minutes: Minute[]
}
export interface Message {
  t: string
  [field: string]: any
}

export const live = reactive({
  state: 'connecting' as 'connecting' | 'open' | 'waiting',
  totals: { rooms: 0, viewers: 0, orders: 0, paid_fen: 0, minutes: [] } as Totals,
  heat: { viewers: 1, orders: 20, window_ms: 600_000 },
  // Every room has come.
  complete: false,
})
// Not reactive: 10,000 rooms change every second. `roomsVersion` moves when any of them has.
export const rooms = new Map<string, WallRoom>()
export const roomsVersion = ref(0)

type Row = [string, string, string, string, string, string, string, string, string, number, number, number, number]
function put(row: Row) {
  const [id, store_id, agent_id, title, host, region, level, started_at, product, viewers, orders, paid_fen, heat] = row
  rooms.set(id, { id, store_id, agent_id, title, host, region, level, started_at, product, viewers, orders, paid_fen, heat })
}

// What one message changes; true when a room did.
export function applyWall(message: Message): boolean {
  switch (message.t) {
    case 'wall':
      rooms.clear()
      live.complete = false
      live.heat = message.heat
      live.totals = message.totals
      return true
    case 'rooms':
      for (const row of message.rows as Row[]) put(row)
      live.complete = message.done
      return true
    case 'diff': {
      live.totals = message.totals
      const changed = (message.rows?.length ?? 0) + (message.numbers?.length ?? 0) + (message.gone?.length ?? 0) > 0
      for (const row of (message.rows ?? []) as Row[]) put(row)
      for (const [id, viewers, orders, paid_fen, heat] of (message.numbers ?? []) as [string, number, number, number, number][]) {
        const room = rooms.get(id)
        if (room) Object.assign(room, { viewers, orders, paid_fen, heat })
      }
      for (const id of (message.gone ?? []) as string[]) rooms.delete(id)
      return changed
    }
    default:
      return false
  }
}

export interface News {
  topics: Record<string, number>
  orders: string[]
  // The socket was away: anything may have happened.
  missed: boolean
}
const listeners = new Set<(news: News) => void>()
// Calls `act` soon after something whose topic begins with one of these has happened, once for a burst of them.
export function useNews(begins: string[], act: (news: News) => void, waitMs = 400) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let heap: News | undefined
  const hear = (news: News) => {
    if (!news.missed && !Object.keys(news.topics).some((topic) => begins.some((begin) => topic.startsWith(begin)))) return
    heap = { topics: { ...heap?.topics, ...news.topics }, orders: [...(heap?.orders ?? []), ...news.orders], missed: news.missed || (heap?.missed ?? false) }
    timer ??= setTimeout(() => {
      timer = undefined
      const told = heap!
      heap = undefined
      act(told)
    }, waitMs)
  }
  listeners.add(hear)
  if (getCurrentScope())
    onScopeDispose(() => {
      listeners.delete(hear)
      clearTimeout(timer)
    })
}

let socket: WebSocket | undefined
let brand = ''
let withRooms = false
let tries = 0
let timer: ReturnType<typeof setTimeout> | undefined
let silence: ReturnType<typeof setTimeout> | undefined
let seenBefore = false

function connect() {
  clearTimeout(timer)
  if (!brand) return
  live.state = 'connecting'
  const base = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`
  const own = new WebSocket(`${base}/api/v1/brands/${brand}/wall/ws${withRooms ? '?rooms=1' : ''}`)
  socket = own
  let after: number | undefined
  own.onmessage = (event) => {
    if (own !== socket) return
    keepAlive(own)
    const message = JSON.parse(String(event.data)) as Message
    if (message.t === 'reconnect') after = Number(message.after_ms)
    if (message.t === 'wall') {
      live.state = 'open'
      tries = 0
      if (seenBefore) for (const hear of [...listeners]) hear({ topics: {}, orders: [], missed: true })
      seenBefore = true
      if (withRooms) own.send('{"t":"more"}')
    }
    if (message.t === 'rooms' && !message.done) own.send('{"t":"more"}')
    if (message.t === 'news') for (const hear of [...listeners]) hear({ topics: message.topics, orders: message.orders, missed: false })
    if (applyWall(message)) ++roomsVersion.value
  }
  own.onclose = () => {
    if (own !== socket) return
    clearTimeout(silence)
    live.state = 'waiting'
    // Perhaps it is the login that ended.
    if (++tries === 2) void loadSession(true).catch(() => undefined)
    timer = setTimeout(connect, after ?? Math.min(15_000, 400 * 2 ** Math.min(tries, 6)) * (0.5 + Math.random()))
  }
}
function keepAlive(own: WebSocket) {
  clearTimeout(silence)
  silence = setTimeout(() => {
    own.send('{"t":"ping"}')
    silence = setTimeout(() => own.close(), 10_000)
  }, 25_000)
}
function reopen() {
  const old = socket
  socket = undefined
  old?.close()
  tries = 0
  connect()
}

export function openDesk(id: string) {
  if (id === brand && socket) return
  brand = id
  seenBefore = false
  rooms.clear()
  live.complete = false
  reopen()
}
export function closeDesk() {
  brand = ''
  clearTimeout(timer)
  clearTimeout(silence)
  const old = socket
  socket = undefined
  old?.close()
}
export function showRooms(show: boolean) {
  if (withRooms === show) return
  withRooms = show
  if (!show) rooms.clear()
  live.complete = false
  if (brand) reopen()
}
if (typeof window !== 'undefined') {
  const hurry = () => {
    if (brand && live.state === 'waiting' && document.visibilityState !== 'hidden') reopen()
  }
  window.addEventListener('online', hurry)
  document.addEventListener('visibilitychange', hurry)
}
