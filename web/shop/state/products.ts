import { api } from '@shared/api/client'
import { getProduct, getStore } from '@shared/api/schema'
import type { Product, Store } from '@shared/api/types'

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
export const priceRange = (product: Pick<Product, 'skus'>) => {
  const prices = product.skus.map((sku) => sku.price_fen)
  return { low: Math.min(...prices), varies: Math.max(...prices) > Math.min(...prices) }
}
export const canBeSold = (product: Pick<Product, 'on_sale' | 'skus'>) => product.on_sale && product.skus.some((sku) => !sku.sold_out)
