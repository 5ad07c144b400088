import { api } from '@shared/api/client'
import { getProduct, getStore } from '@shared/api/schema'
import type { Product, Sku, Store } from '@shared/api/types'

// Names and pictures for lists of orders and shares; prices and stock are always asked for afresh.
const products = new Map<string, Promise<Product>>()
export function productName(id: string): Promise<Product> {
  let found = products.get(id)
  if (!found) {
    found = api(getProduct, { path: { product_id: id } })
    found.catch(() => products.delete(id))
    products.set(id, found)
  }
  return found
}
const stores = new Map<string, Promise<Store>>()
export function storeOf(id: string): Promise<Store> {
  let found = stores.get(id)
  if (!found) {
    found = api(getStore, { path: { store_id: id } })
    found.catch(() => stores.delete(id))
    stores.set(id, found)
  }
  return found
}
// What it costs in the store it was asked for.
export const here = (sku: Pick<Sku, 'price_fen' | 'store_price_fen'>) => sku.store_price_fen ?? sku.price_fen
export const priceRange = (product: Pick<Product, 'skus'>) => {
  if (product.skus.length === 0) return { low: 0, was: 0, varies: false }
  const cheapest = product.skus.reduce((best, sku) => (here(sku) < here(best) ? sku : best))
  return { low: here(cheapest), was: cheapest.price_fen, varies: product.skus.some((sku) => here(sku) > here(cheapest)) }
}
export const canBeSold = (product: Pick<Product, 'on_sale' | 'skus'>) => product.on_sale && product.skus.some((sku) => !sku.sold_out)
