import type { Order } from '@shared/api/types'
import { productName, storeOf } from './products'
import { sayProblem } from '@shared/phone/say'
import { openShare } from '@shared/phone/sharing'
import { shared } from '@shared/i18n/messages'

export async function shareReceipt(order: Order) {
  const line = order.lines[0]
  if (!line) return
  try {
    const [product, store] = await Promise.all([productName(line.product_id), storeOf(order.store_id)])
    openShare({
      body: { kind: 'receipt', order_id: order.id },
      title: line.title,
      note: shared.t(order.broadcast_id ? 'share.note.receipt.moment' : 'share.note.receipt', { host: store.host_name }),
      product: { id: product.id, title: product.title, image_url: product.image_url, price_fen: line.price_fen, from: false },
    })
  } catch (error) {
    sayProblem(error)
  }
}
