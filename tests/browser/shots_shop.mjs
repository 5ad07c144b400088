// The shop's pages, for ./dev shots.
import { go } from './browser.mjs'
import { buy } from './world.mjs'

export default [
  { name: 'hall', open: (page) => go(page, '/') },
  {
    name: 'room',
    async open(page, world) {
      await go(page, `/room/${world.live[0].id}`)
      for (const line of lines) {
        await page.locator('#say').fill(line)
        await page.locator('#say').press('Enter')
        await page.waitForTimeout(120)
      }
      await buy(world, world.day.buyer, { store: world.live[0].store_id, sku: world.products[0].skus[0].id, broadcast: world.live[0].id })
      for (let i = 0; i < 5; ++i) await page.locator('.like').click()
    },
  },
  { name: 'room-shelf', async open(page, world) { await go(page, `/room/${world.live[0].id}`); await page.locator('.shelf-button').click() } },
  { name: 'room-buy', open: (page, world) => go(page, `/room/${world.live[0].id}?product=${world.products[0].id}`) },
  { name: 'room-moment', open: (page, world) => go(page, `/room/${world.live[1].id}?product=${world.products[4].id}&t=754000&shift=1`) },
  { name: 'room-between', async open(page, world) { await world.live[3].host.client.delete(`/broadcasts/${world.live[3].id}/pins/open`).catch(() => 0); await go(page, `/room/${world.live[3].id}`) } },
  { name: 'room-scheduled', open: (page, world) => go(page, `/room/${world.next[0].id}`) },
  { name: 'room-ended', open: (page, world) => go(page, `/room/${world.ended[0].id}`) },
  { name: 'room-host', async open(page, world) { await go(page, `/room/${world.live[0].id}`); await page.locator('button.host').click() } },
  { name: 'product', open: (page, world) => go(page, `/product/${world.products[6].id}?store=${world.hosts[0].store_id}`) },
  { name: 'product-gone', open: (page, world) => go(page, `/product/${world.products[11].id}?store=${world.hosts[0].store_id}&gone=1`) },
  { name: 'store', open: (page, world) => go(page, `/store/${world.hosts[0].store_id}`) },
  { name: 'store-why', open: (page, world) => go(page, `/store/${world.hosts[2].store_id}?why=sold_out`) },
  { name: 'join', open: (page, world) => go(page, `/join/${world.hosts[1].store_id}`) },
  { name: 'missing', open: (page) => go(page, '/orders/0000000000000/x') },
  { name: 'me-guest', open: (page) => go(page, '/me') },
  { name: 'login', async open(page) { await go(page, '/me'); await page.locator('.who .button').click() } },
  { name: 'cart-empty', open: (page) => go(page, '/cart') },
  {
    name: 'cart',
    async open(page, world) {
      for (const product of [3, 9]) {
        await go(page, `/product/${world.products[product].id}?store=${world.hosts[0].store_id}`)
        await page.locator('.buy .button').first().click()
        await page.waitForTimeout(300)
      }
      await go(page, '/cart')
    },
  },
  { name: 'checkout', async open(page, world) { await go(page, `/product/${world.products[3].id}?store=${world.hosts[0].store_id}`); await page.locator('.buy .button.strong').click(); await page.waitForURL('**/checkout') } },
  { name: 'share', async open(page, world) { await go(page, `/product/${world.products[3].id}?store=${world.hosts[0].store_id}`); await page.locator('.head .icon-button').click(); await page.waitForTimeout(300); await page.locator('.ways button').nth(1).click(); await page.locator('.frame img').waitFor(); await page.waitForLoadState('networkidle') } },
  { name: 'orders', as: (world) => world.day.buyer, open: (page) => go(page, '/orders') },
  { name: 'order-paid', as: (world) => world.day.buyer, open: (page, world) => go(page, `/orders/${world.day.paidOrder.id}`) },
  { name: 'order-shipped', as: (world) => world.day.buyer, open: (page, world) => go(page, `/orders/${world.day.shippedOrder.id}`) },
  { name: 'pay', as: (world) => world.day.buyer, open: (page, world) => go(page, `/pay/${world.day.openOrder.id}`) },
  { name: 'paid', as: (world) => world.day.buyer, open: (page, world) => go(page, `/pay/${world.day.paidOrder.id}`) },
  { name: 'shares', as: (world) => world.day.buyer, open: (page) => go(page, '/shares') },
  { name: 'me', as: (world) => world.day.buyer, open: (page) => go(page, '/me') },
]

const lines = ['主播晚上好', '这个适合敏感肌吗？', '上次买的已经用完了，来回购', 'Does it ship to Shanghai?', '好的，谢谢主播', '已经下单啦']
