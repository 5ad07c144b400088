// A room as a page shows it: what the socket tells, folded into one reactive object. Stop it when the page is left
// (done by itself inside a component).
import { getCurrentScope, onScopeDispose, reactive } from 'vue'
import { api } from '../api/client'
import { getProduct } from '../api/schema'
import type { Coupon, Flash, LuckyBag, Product } from '../api/types'
import type { Picture } from '../picture'
import { RoomLink, type LinkState, type RoomMessage } from './link'

export interface RoomSku {
  sku_id: string
  title: string
  // What it costs in this store but for a flash price; a campaign's is below the list's.
  price_fen: number
  list_fen: number
  left: number
}
// Once it is drawn and this page was there: who won.
export type RoomBag = LuckyBag & { winner_ids?: string[] }
export interface RoomOffers {
  coupons: Coupon[]
  flash: Flash[]
  bags: RoomBag[]
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
  ai_presenter?: boolean
  picture: Picture
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
  // Products on the shelf that the socket has only named, and those whose price in this store it has not told: asked for.
  unknown: string[]
  offers: RoomOffers
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
  return { link: 'connecting', why: null, ready: false, broadcast: null, pin: null, shelf: [], unknown: [], offers: { coupons: [], flash: [], bags: [] }, viewers: 0, likes: 0, chat: [], orders: [], mark: 'none' }
}

function lowest(item: ShelfItem) {
  if (!item.skus || item.skus.length === 0) return
  item.price_fen = Math.min(...item.skus.map((s) => s.price_fen))
  item.left = item.skus.reduce((sum, s) => sum + s.left, 0)
}

const put = <T extends { id: string }>(list: T[], one: T) => {
  const i = list.findIndex((other) => other.id === one.id)
  if (i < 0) list.unshift(one)
  else list[i] = one
}
const without = <T extends { id: string }>(list: T[], id: string) => list.filter((one) => one.id !== id)

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
      room.offers = { coupons: m.offers?.coupons ?? [], flash: m.offers?.flash ?? [], bags: m.offers?.lucky_bags ?? [] }
      break
    }
    case 'flash.opened':
      put(room.offers.flash, m.flash)
      break
    case 'flash.closed':
      room.offers.flash = without(room.offers.flash, m.flash.id)
      break
    case 'flash.changed': {
      const flash = room.offers.flash.find((one) => one.id === m.id)
      if (flash) flash.left = m.left
      break
    }
    case 'coupon.offered':
      put(room.offers.coupons, m.coupon)
      break
    case 'coupon.gone': {
      const coupon = room.offers.coupons.find((one) => one.id === m.coupon_id)
      if (coupon) coupon.left = 0
      break
    }
    case 'luckybag.opened':
      put(room.offers.bags, m.bag)
      break
    case 'luckybag.cancelled':
      room.offers.bags = without(room.offers.bags, m.bag.id)
      break
    case 'luckybag.drawn':
      put(room.offers.bags, { ...m.bag, winner_ids: m.winner_ids })
      break
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
      else {
        // The list's price is told; where a campaign counts, what it costs here has to be asked.
        if ((m.campaign_id || sku.price_fen !== sku.list_fen) && !room.unknown.includes(item.product_id)) room.unknown.push(item.product_id)
        else sku.price_fen = m.price_fen
        sku.list_fen = m.price_fen
      }
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
    case 'picture':
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

// A product as the server tells it for one store.
export function toShelfItem(got: Product): ShelfItem {
  const skus = got.skus.map((sku) => ({ sku_id: sku.id, title: sku.title, price_fen: sku.store_price_fen ?? sku.price_fen, list_fen: sku.price_fen, left: sku.sold_out ? 0 : (sku.left ?? 9999) }))
  const item = { product_id: got.id, title: got.title, image_url: got.image_url, on_sale: got.on_sale, price_fen: 0, left: 0, skus }
  lowest(item)
  return item
}
export function putOnShelf(room: RoomState, item: ShelfItem) {
  room.unknown = room.unknown.filter((id) => id !== item.product_id)
  const i = room.shelf.findIndex((one) => one.product_id === item.product_id)
  if (i < 0) room.shelf.push(item)
  else room.shelf[i] = item
}
// The flash price that a unit of this SKU has now, if any.
export const flashOf = (offers: RoomOffers, sku: string, now: number) => offers.flash.find((one) => one.sku_id === sku && one.left > 0 && Date.parse(one.ends_at) > now)

export function useRoom(broadcast: string, options: { me?: () => string; onMessage?: (message: RoomMessage) => void; crew?: boolean } = {}) {
  const room = reactive(emptyRoom())
  const asked = new Set<string>()
  async function ask() {
    for (const id of room.unknown) {
      if (asked.has(id)) continue
      asked.add(id)
      // A price that changed is asked for by everybody who watches: not all in the same instant.
      if (room.shelf.some((one) => one.product_id === id)) await new Promise((done) => setTimeout(done, Math.random() * 800))
      const got = await api(getProduct, { path: { product_id: id }, query: { store_id: room.broadcast?.store_id } }).catch(() => null)
      if (!got) continue
      asked.delete(id)
      putOnShelf(room, toShelfItem(got))
    }
  }
  const link = new RoomLink(broadcast, {
    message: (message) => {
      applyMessage(room, message, options.me?.() ?? '')
      if (room.unknown.length) void ask()
      options.onMessage?.(message)
    },
    state: (state, why) => {
      room.link = state
      room.why = why ?? null
    },
  }, { crew: options.crew, person: options.me })
  if (getCurrentScope()) onScopeDispose(() => link.stop())
  return { room, link }
}
