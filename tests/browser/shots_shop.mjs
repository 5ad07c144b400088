// The shop's pages, for ./dev shots.
import { go } from './browser.mjs'
import { fillMedia } from './media_day.mjs'
import { buy, makeBuyer } from './world.mjs'

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
  {
    name: 'room-offers',
    async before(world) {
      const [room] = world.live
      const soon = new Date(world.now() + 3_600_000).toISOString()
      await room.host.client.post(`/broadcasts/${room.id}/flash`, { sku_id: world.products[0].skus[0].id, price_fen: 11900, units: 20, seconds: 1800 })
      await room.host.client.post(`/broadcasts/${room.id}/coupons`, { name: '立减 ¥10.00', off_fen: 1000, min_spend_fen: 9900, total: 30, ends_at: soon })
      await room.host.client.post(`/broadcasts/${room.id}/lucky-bags`, { title: '晚八点福袋', prize: '茉莉绿茶一罐', rule: 'chat', word: '今晚好物', winners: 3, seconds: 1800 })
      await world.owner.post(`/brands/${world.brand}/coupons`, { giver: 'brand', name: '新客满减', off_fen: 500, min_spend_fen: 5000, total: 500, ends_at: soon })
      await world.owner.post(`/brands/${world.brand}/coupons`, { giver: 'store', store_id: world.hosts[0].store_id, name: '老客九折', off_bp: 1000, cap_fen: 2000, total: 12, ends_at: soon })
    },
    async open(page, world) { await go(page, `/room/${world.live[0].id}`); await page.getByRole('button', { name: /秒杀|Flash/ }).first().click() },
  },
  { name: 'room-bag', async open(page, world) { await go(page, `/room/${world.live[0].id}`); await page.getByRole('button', { name: /福袋|bag/i }).first().click() } },
  { name: 'product', open: (page, world) => go(page, `/product/${world.products[6].id}?store=${world.hosts[0].store_id}`) },
  { name: 'product-gone', open: (page, world) => go(page, `/product/${world.products[11].id}?store=${world.hosts[0].store_id}&gone=1`) },
  { name: 'store', open: (page, world) => go(page, `/store/${world.hosts[0].store_id}`) },
  { name: 'product-reviews', async open(page, world) { await go(page, `/product/${world.products[8].id}?store=${world.hosts[0].store_id}`); await page.locator('.reviews li').first().waitFor(); await page.locator('.trust').evaluate((part) => part.scrollIntoView()) }, as: (world) => world.day.buyer },
  { name: 'score', open: (page, world) => go(page, `/store/${world.hosts[0].store_id}/score`) },
  { name: 'score-how', async open(page, world) { await go(page, `/store/${world.hosts[0].store_id}/score`); await page.locator('summary').click(); await page.locator('details').evaluate((part) => part.scrollIntoView()) } },
  { name: 'score-new', open: (page, world) => go(page, `/store/${world.hosts[3].store_id}/score`) },
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
  { name: 'checkout-coupons', async open(page, world) { await go(page, `/product/${world.products[3].id}?store=${world.hosts[0].store_id}`); await page.locator('.buy .button.strong').click(); await page.waitForURL('**/checkout'); await page.locator('.pick').click() } },
  { name: 'checkout-sold-out', async open(page, world) {
    await go(page, `/product/${world.products[3].id}?store=${world.hosts[0].store_id}`)
    await page.locator('.buy .button.strong').click()
    await page.waitForURL('**/checkout')
    await page.route('**/orders/quote', async (route) => {
      const got = await (await route.fetch()).json()
      for (const line of got.lines) line.left = 0
      await route.fulfill({ json: got })
    })
    await page.reload()
    await page.locator('.tag.bad').waitFor()
  } },
  { name: 'offline', async open(page, world) { await go(page, `/store/${world.hosts[0].store_id}`); await page.context().setOffline(true); await page.locator('.tile').first().click() } },
  { name: 'share', async open(page, world) { await go(page, `/product/${world.products[3].id}?store=${world.hosts[0].store_id}`); await page.locator('.head .icon-button').click(); await page.waitForTimeout(300); await page.locator('.ways button').nth(1).click(); await page.locator('.frame img').waitFor(); await page.waitForLoadState('networkidle') } },
  { name: 'orders', as: (world) => world.day.buyer, open: (page) => go(page, '/orders') },
  { name: 'order-paid', as: (world) => world.day.buyer, open: (page, world) => go(page, `/orders/${world.day.paidOrder.id}`) },
  { name: 'order-received', as: (world) => world.day.buyer, open: (page, world) => go(page, `/orders/${world.day.receivedOrder.id}`) },
  { name: 'review', as: (world) => world.day.buyer, async open(page, world) { await go(page, `/orders/${world.day.receivedOrder.id}`); await page.locator('.asks .soft').click(); await page.locator('.pick label').nth(3).click(); await page.locator('#review-words').fill('煮得很快，孩子爱吃。') } },
  { name: 'order-sale', as: (world) => world.day.buyer, async open(page, world) { await go(page, `/orders/${world.day.shippedOrder.id}`); await page.locator('.sale').first().click() } },
  { name: 'order-ask', as: (world) => world.day.buyer, async open(page, world) { await go(page, `/orders/${world.day.receivedOrder.id}`); await page.locator('.asks .button:not(.soft)').first().click() } },
  { name: 'order-shipped', as: (world) => world.day.buyer, open: (page, world) => go(page, `/orders/${world.day.shippedOrder.id}`) },
  { name: 'pay', as: (world) => world.day.buyer, open: (page, world) => go(page, `/pay/${world.day.openOrder.id}`) },
  { name: 'paid', as: (world) => world.day.buyer, open: (page, world) => go(page, `/pay/${world.day.paidOrder.id}`) },
  { name: 'shares', as: (world) => world.day.buyer, open: (page) => go(page, '/shares') },
  { name: 'shares-tree', as: (world) => world.day.buyer, async open(page) { await go(page, '/shares'); await page.locator('li.card button[aria-expanded]').last().click() } },
  { name: 'follows', as: (world) => world.trust.reviewers[5], async before(world) { for (const host of [world.hosts[0], world.hosts[4], world.hosts[5]]) await world.trust.reviewers[5].client.put(`/stores/${host.store_id}/follow`) }, open: (page) => go(page, '/me/follows') },
  { name: 'follows-none', as: (world) => world.day.buyer, open: (page) => go(page, '/me/follows') },
  { name: 'coupons', as: (world) => world.trust.reviewers[0], async before(world) { for (const one of (await world.owner.get(`/stores/${world.hosts[0].store_id}/coupons`)).items) await world.trust.reviewers[0].client.post(`/coupons/${one.id}/claim`) }, open: (page) => go(page, '/me/coupons') },
  { name: 'data', as: (world) => world.day.buyer, async open(page) { await go(page, '/me/data') } },
  { name: 'search', open: (page) => go(page, '/search?q=%E7%BB%BF%E8%8C%B6') },
  { name: 'search-nothing', open: (page) => go(page, '/search?q=xyzzy') },
  { name: 'boards', open: (page) => go(page, '/boards') },
  { name: 'me', as: (world) => world.day.buyer, open: (page) => go(page, '/me') },
  { name: 'me-push', as: (world) => world.day.buyer, async open(page) { await page.context().grantPermissions(['notifications']); await go(page, '/me'); await page.locator('.push').evaluate((part) => part.scrollIntoView()) } },
  {
    name: 'reminder',
    as: (world) => world.reminded,
    async before(world) {
      world.reminded = await makeBuyer(world, 'reminded', '程一诺')
    },
    // Each person is told once; here each picture is.
    async open(page, world) {
      const { id, title, host } = world.live[1]
      await page.route('**/reminders/take', (route) => route.fulfill({ json: { items: [{ broadcast_id: id, title, host_name: host.name, started_at: new Date().toISOString(), brand_id: world.brand, store_name: host.store_name ?? host.name }] } }))
      await go(page, '/')
      await page.locator('.bar').waitFor()
    },
  },
  { name: 'orders-none', as: (world) => world.reminded, open: (page) => go(page, '/orders') },
  { name: 'shares-none', as: (world) => world.reminded, open: (page) => go(page, '/shares') },
  { name: 'coupons-none', as: (world) => world.reminded, open: (page) => go(page, '/me/coupons') },
  { name: 'share-ways', async open(page, world) { await go(page, `/room/${world.live[0].id}`); await page.locator('header').getByRole('button', { name: /分享|Share/ }).click(); await page.locator('.ways').waitFor() } },
  { name: 'share-receipt', as: (world) => world.day.buyer, async open(page, world) { await go(page, `/pay/${world.day.paidOrder.id}`); await page.getByRole('button', { name: /分享|Share/ }).first().click(); await page.locator('.ways button').nth(1).click(); await page.locator('.frame img').waitFor() } },
  // With pictures.
  { name: 'room-moving', before: fillMedia, async open(page, world) { await go(page, `/room/${world.media.head.id}`); await page.locator('.moving.shown').waitFor() } },
  { name: 'room-carried', before: fillMedia, async open(page, world) { await go(page, `/room/${world.media.carrier.id}`); await page.locator('.moving.shown').waitFor() } },
  { name: 'room-cut', before: fillMedia, open: (page, world) => go(page, `/room/${world.media.cut.id}`) },
  { name: 'room-replay', before: fillMedia, async open(page, world) { await go(page, `/room/${world.media.replay.id}`); await page.locator('.moving.shown').waitFor() } },
  { name: 'clip', before: fillMedia, async open(page, world) { await go(page, `/clip/${world.media.clip.id}`); await page.locator('video').waitFor() } },
  { name: 'clip-proof', before: fillMedia, async open(page, world) { await go(page, `/clip/${world.media.clip.id}`); await page.locator('summary').click(); await page.locator('.proof .code').first().waitFor() } },
  { name: 'clip-withdrawn', before: fillMedia, open: (page, world) => go(page, `/clip/${world.media.withdrawn.id}`) },
  { name: 'same', before: fillMedia, open: (page, world) => go(page, `/product/${world.products[4].id}/same`) },
  { name: 'same-none', open: (page, world) => go(page, `/product/${world.products[2].id}/same`) },
]

const lines = ['主播晚上好', '这个适合敏感肌吗？', '上次买的已经用完了，来回购', 'Does it ship to Shanghai?', '好的，谢谢主播', '已经下单啦']
