// A room as a page shows it: what the socket tells, folded into one reactive object. Stop it when the page is left
// (done by itself inside a component).
import { getCurrentScope, onScopeDispose, reactive } from 'vue'
import { RoomLink, type LinkState, type RoomMessage } from './link'

export interface RoomSku {
  sku_id: string
  title: string
  price_fen: number
  left: number
}
export interface ShelfItem {
  product_id: string
  title: string
  image_url: string
  on_sale: boolean
  price_fen: number
  left: number
  skus: RoomSku[] | null
}
export interface RoomPin {
  id: string
  broadcast_id: string
  product_id: string
  opened_at: string
  media_open_ms: number
  closed_at: string | null
  media_close_ms: number | null
}
export interface RoomBroadcast {
  id: string
  brand_id: string
  store_id: string
  title: string
  state: 'scheduled' | 'live' | 'ended' | 'cancelled'
  scheduled_at: string
  started_at: string | null
  ended_at: string | null
  likes: number
  enters: number
  peak_viewers: number
}
export interface RoomChat {
  id: string
  person_id: string
  name: string
  text: string
  media_ms: number
  at: string
}
export interface RoomOrder {
  seq: number
  name: string
  title: string
  qty: number
}
export interface RoomState {
  link: LinkState
  why: { name: string; title: string } | null
  ready: boolean
  broadcast: RoomBroadcast | null
  pin: RoomPin | null
  shelf: ShelfItem[]
  // Products on the shelf that the socket has only named; the page asks for them and hands them to addToShelf.
  unknown: string[]
  viewers: number
  likes: number
  chat: RoomChat[]
  orders: RoomOrder[]
  // The mark on the person watching, if it is theirs.
  mark: 'none' | 'muted' | 'banned'
}

const keptChat = 200
const keptOrders = 50

export function emptyRoom(): RoomState {
  return { link: 'connecting', why: null, ready: false, broadcast: null, pin: null, shelf: [], unknown: [], viewers: 0, likes: 0, chat: [], orders: [], mark: 'none' }
}

function lowest(item: ShelfItem) {
  if (!item.skus || item.skus.length === 0) return
  item.price_fen = Math.min(...item.skus.map((s) => s.price_fen))
  item.left = item.skus.reduce((sum, s) => sum + s.left, 0)
}

// Pure but for `room`: what one message changes.
export function applyMessage(room: RoomState, message: RoomMessage, me = ''): void {
  const m = message as Record<string, any>
  switch (message.t) {
    case 'snapshot': {
      room.ready = true
      room.broadcast = m.broadcast
      room.pin = m.pin
      room.shelf = m.shelf
      room.unknown = []
      const counts = m.counts as { viewers: number; likes: number }
      room.viewers = counts.viewers
      room.likes = Math.max(room.likes, counts.likes)
      room.chat = m.chat
      break
    }
    case 'pin.opened':
      room.pin = m.pin
      break
    case 'pin.closed':
      if (room.pin?.id === (m.pin as RoomPin).id) room.pin = null
      break
    case 'chat':
      room.chat.push({ id: m.id, person_id: m.person_id, name: m.name, text: m.text, media_ms: m.media_ms, at: m.at })
      if (room.chat.length > keptChat) room.chat.splice(0, room.chat.length - keptChat)
      break
    case 'order':
      room.orders.push({ seq: message.seq ?? 0, name: m.name, title: m.title, qty: m.qty })
      if (room.orders.length > keptOrders) room.orders.shift()
      break
    case 'stock':
    case 'price': {
      const item = room.shelf.find((one) => one.product_id === m.product_id)
      const sku = item?.skus?.find((one) => one.sku_id === m.sku_id)
      if (!item || !sku) break
      if (message.t === 'stock') sku.left = m.left
      else sku.price_fen = m.price_fen
      lowest(item)
      break
    }
    case 'product': {
      const item = room.shelf.find((one) => one.product_id === m.product_id)
      if (item) item.on_sale = m.on_sale
      break
    }
    case 'shelf': {
      const known = new Map(room.shelf.map((item) => [item.product_id, item]))
      const ids = m.product_ids as string[]
      room.unknown = ids.filter((id) => !known.has(id))
      room.shelf = ids.flatMap((id) => known.get(id) ?? [])
      break
    }
    case 'changed':
    case 'started':
    case 'ended':
      room.broadcast = m.broadcast
      if (message.t === 'ended') room.pin = null
      break
    case 'counts':
      room.viewers = m.viewers
      room.likes = Math.max(room.likes, m.likes)
      break
    case 'muted':
      if (m.person_id === me) room.mark = m.mark
      break
  }
}

export function addToShelf(room: RoomState, item: ShelfItem, place: number) {
  room.unknown = room.unknown.filter((id) => id !== item.product_id)
  if (!room.shelf.some((one) => one.product_id === item.product_id)) room.shelf.splice(place, 0, item)
}

export function useRoom(broadcast: string, options: { me?: () => string; onMessage?: (message: RoomMessage) => void; crew?: boolean } = {}) {
  const room = reactive(emptyRoom())
  const link = new RoomLink(broadcast, {
    message: (message) => {
      applyMessage(room, message, options.me?.() ?? '')
      options.onMessage?.(message)
    },
    state: (state, why) => {
      room.link = state
      room.why = why ?? null
    },
  }, { crew: options.crew })
  if (getCurrentScope()) onScopeDispose(() => link.stop())
  return { room, link }
}
