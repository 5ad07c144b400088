// What is about to be bought. It outlives a reload, and so does the key under which it is ordered: the same wish is one
// order however often it is sent, from this tab or after a lost answer.
import { newKey } from '@shared/api/client'
import type { PlaceOrderBody } from '@shared/api/schema'
import { recall, remember } from '@shared/memory'

export interface WishLine {
  sku_id: string
  product_id: string
  title: string
  sku_title: string
  image_url: string
  price_fen: number
  qty: number
}
export interface Wish {
  store_id: string
  broadcast_id: string | null
  from_cart: boolean
  lines: WishLine[]
}
export interface Address {
  name: string
  phone: string
  region: string
  detail: string
}

export const keepWish = (wish: Wish) => remember('wish', wish, 'visit')
export const keptWish = () => recall<Wish | null>('wish', null, 'visit')
// Where the last order went; and what was typed since in this visit, which a reload must not take away.
export const keptAddress = () => recall<Address | null>('typed', null, 'visit') ?? recall<Address>('address', { name: '', phone: '', region: '', detail: '' })
export const keepTyped = (address: Address) => remember('typed', address, 'visit')
export function keepAddress(address: Address) {
  remember('typed', null, 'visit')
  remember('address', address)
}

interface Attempt {
  body: PlaceOrderBody
  key: string
}
// The same wish but for what it would cost now.
const same = (a: PlaceOrderBody, b: PlaceOrderBody) => {
  const wish = (one: PlaceOrderBody) => JSON.stringify({ ...one, total_fen: 0, lines: one.lines.map((line) => [line.sku_id, line.qty]) })
  return wish(a) === wish(b)
}
// What is sent, and under which key. While an attempt has no answer it may have been an order: it is asked for again as
// it was, whatever things cost meanwhile.
export function attempt(body: PlaceOrderBody): Attempt {
  const last = recall<Attempt | null>('attempt', null, 'visit')
  if (last && typeof last.body === 'object' && same(last.body, body)) return last
  const made = { body, key: newKey() }
  remember('attempt', made satisfies Attempt, 'visit')
  return made
}
// The server has said no: there is no order, and the next attempt is another.
export const refused = () => remember('attempt', null, 'visit')
// The order is there: the next one, even of the same things, is another.
export function ordered() {
  remember('attempt', null, 'visit')
  remember('wish', null, 'visit')
}
