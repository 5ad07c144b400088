// Carts are kept by the server, one per store; this browser knows in which stores the visitor put something.
import { ref } from 'vue'
import { api } from '@shared/api/client'
import { getCart, putCartLine } from '@shared/api/schema'
import type { Cart } from '@shared/api/types'
import { recall, remember } from '@shared/memory'
import { shareOf } from '@shared/site'

const kept = 'carts'
export const cartStores = ref(recall<string[]>(kept, []))
export const cartCount = ref(recall<number>('cart-count', 0))

function setStores(stores: string[]) {
  cartStores.value = stores
  remember(kept, stores)
}
export function setCount(n: number) {
  cartCount.value = n
  remember('cart-count', n)
}

export async function putInCart(store: string, sku: string, qty: number, broadcast: string | null) {
  await api(putCartLine, { body: { store_id: store, sku_id: sku, qty, broadcast_id: broadcast, share_id: shareOf(store) } })
  if (qty > 0 && !cartStores.value.includes(store)) setStores([store, ...cartStores.value].slice(0, 20))
}
// Adds to what is there: the server's line is the truth, the number shown may be old.
export async function addToCart(store: string, sku: string, qty: number, broadcast: string | null) {
  const cart = await api(getCart, { query: { store_id: store } })
  const line = cart.lines.find((one) => one.sku_id === sku)
  await putInCart(store, sku, Math.min(9999, (line?.qty ?? 0) + qty), broadcast)
  setCount(cartCount.value + qty)
}
export async function readCarts(): Promise<Cart[]> {
  const carts = await Promise.all(cartStores.value.map((store) => api(getCart, { query: { store_id: store } })))
  const full = carts.filter((cart) => cart.lines.length > 0)
  setStores(full.map((cart) => cart.store_id))
  setCount(full.reduce((n, cart) => n + cart.lines.reduce((m, line) => m + line.qty, 0), 0))
  return full
}
