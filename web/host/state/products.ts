// Products as the host's pages show them, by their id; what a page needs is asked for together and kept.
import { reactive } from 'vue'
import { api } from '@shared/api/client'
import { getProduct } from '@shared/api/schema'
import type { ProductRow } from '@shared/api/types'

export interface Goods {
  id: string
  title: string
  category: string
  image_url: string
  on_sale: boolean
  price_fen: number
  // Some of its SKUs cost more.
  from: boolean
  // Units left; null: many.
  left: number | null
}
export function goodsOf(product: Pick<ProductRow, 'id' | 'title' | 'category' | 'image_url' | 'on_sale' | 'skus'>): Goods {
  const prices = product.skus.map((sku) => sku.price_fen)
  const low = Math.min(...prices)
  const left = product.skus.some((sku) => !sku.sold_out && sku.left == null) ? null : product.skus.reduce((sum, sku) => sum + (sku.sold_out ? 0 : (sku.left ?? 0)), 0)
  return { id: product.id, title: product.title, category: product.category, image_url: product.image_url, on_sale: product.on_sale, price_fen: low, from: prices.some((price) => price > low), left }
}

const known = reactive(new Map<string, Goods>())
const asked = new Map<string, Promise<void>>()
export const learnGoods = (goods: Goods) => known.set(goods.id, goods)
export const goods = (id: string): Goods | undefined => known.get(id)
export async function loadGoods(ids: string[]): Promise<void> {
  await Promise.all(
    [...new Set(ids)].map((id) => {
      let one = asked.get(id)
      if (!one) {
        one = api(getProduct, { path: { product_id: id } }).then(
          (product) => void learnGoods(goodsOf(product)),
          () => void asked.delete(id),
        )
        asked.set(id, one)
      }
      return one
    }),
  )
}
