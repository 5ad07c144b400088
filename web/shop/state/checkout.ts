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
export const keptAddress = () => recall<Address>('address', { name: '', phone: '', region: '', detail: '' })
export const keepAddress = (address: Address) => remember('address', address)

interface Attempt {
  body: string
  key: string
}
export function keyFor(body: PlaceOrderBody): string {
  const text = JSON.stringify(body)
  const attempt = recall<Attempt | null>('attempt', null, 'visit')
  if (attempt?.body === text) return attempt.key
  const key = newKey()
  remember('attempt', { body: text, key } satisfies Attempt, 'visit')
  return key
}
// The order is there: the next one, even of the same things, is another.
export function ordered() {
  remember('attempt', null, 'visit')
  remember('wish', null, 'visit')
}
