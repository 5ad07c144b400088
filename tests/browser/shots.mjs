// Pictures of every main page at both sizes, light and dark, in both languages, into build/shots (ignored).
//   node tests/browser/shots.mjs [part of a name …]     only pages whose name contains one of these
// Other entries add theirs beside this file as shots_NAME.mjs: export default [{name, open(page, world)}…].
import { mkdirSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { desk, launch, openContext, phone } from './browser.mjs'
import { buy, makeBuyer, makeWorld } from './world.mjs'

const folder = fileURLToPath(new URL('../../build/shots/', import.meta.url))
const wanted = process.argv.slice(2)
const combos = process.env.LIANBO_SHOTS === 'quick' ? [['light', 'zh-CN'], ['dark', 'en-US']] : [['light', 'zh-CN'], ['dark', 'zh-CN'], ['light', 'en-US'], ['dark', 'en-US']]

const calm = (page) => page.waitForTimeout(450)
async function go(page, path) {
  await page.goto(path)
  await page.waitForLoadState('networkidle')
}

const shop = [
  { name: 'hall', open: (page) => go(page, '/') },
  {
    name: 'room',
    async open(page, world) {
      await go(page, `/room/${world.live[0].id}`)
      for (const line of world.lines) {
        await page.locator('#say').fill(line)
        await page.locator('#say').press('Enter')
        await page.waitForTimeout(120)
      }
      await buy(world, world.buyer, { store: world.live[0].store_id, sku: world.products[0].skus[0].id, broadcast: world.live[0].id })
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
  { name: 'orders', login: true, open: (page) => go(page, '/orders') },
  { name: 'order-paid', login: true, open: (page, world) => go(page, `/orders/${world.paidOrder.id}`) },
  { name: 'order-shipped', login: true, open: (page, world) => go(page, `/orders/${world.shippedOrder.id}`) },
  { name: 'pay', login: true, open: (page, world) => go(page, `/pay/${world.openOrder.id}`) },
  { name: 'paid', login: true, open: (page, world) => go(page, `/pay/${world.paidOrder.id}`) },
  { name: 'shares', login: true, open: (page) => go(page, '/shares') },
  { name: 'me', login: true, open: (page) => go(page, '/me') },
].map((one) => ({ ...one, name: `shop-${one.name}` }))

const pages = [...shop]
for (const name of ['host', 'brand']) {
  const path = new URL(`./shots_${name}.mjs`, import.meta.url)
  if (existsSync(path)) pages.push(...(await import(path.href)).default)
}
const chosen = pages.filter((one) => wanted.length === 0 || wanted.some((part) => one.name.includes(part)))

mkdirSync(folder, { recursive: true })
const world = await makeWorld({ settings: ['room.chat_per_10s=100', 'room.counts_ms=200'] })
const browser = await launch()
const faults = []
try {
  world.lines = ['主播晚上好', '这个适合敏感肌吗？', '上次买的已经用完了，来回购', 'Does it ship to Shanghai?', '好的，谢谢主播', '已经下单啦']
  world.buyer = await makeBuyer(world, 'xiaoman')
  const lot = { store: world.hosts[0].store_id, broadcast: world.live[0].id }
  world.paidOrder = await buy(world, world.buyer, { ...lot, sku: world.products[3].skus[0].id, qty: 2 })
  world.shippedOrder = await buy(world, world.buyer, { ...lot, sku: world.products[1].skus[1].id })
  await world.hosts[0].client.post(`/orders/${world.shippedOrder.id}/ship`, { carrier: '顺丰速运', tracking_number: 'SF1234567890' })
  await world.buyer.client.post(`/orders/${world.shippedOrder.id}/after-sales`, { line: 0, kind: 'refund_only', qty: 0, amount_fen: 500, reason: '盖子有点松' })
  world.openOrder = await world.buyer.client.post('/orders', { store_id: lot.store, lines: [{ sku_id: world.products[5].skus[0].id, qty: 1 }], address: { name: '林小满', phone: '13900001111', region: '浙江省杭州市', detail: '文三路 1 号' } }, 'open')
  for (const kind of ['receipt', 'store']) await world.buyer.client.post('/shares', { kind, channel: 'dm', ...(kind === 'receipt' ? { order_id: world.paidOrder.id } : { store_id: lot.store }) })
  for (const [theme, locale] of combos)
    for (const [size, options] of [['390', phone], ['1440', desk]])
      for (const one of chosen) {
        const { context, faults: found } = await openContext(browser, world.server.url, { ...options, locale, colorScheme: theme })
        try {
          if (one.login) {
            const page = await context.newPage()
            await page.goto('/me')
            await page.evaluate(async (body) => fetch('/api/v1/sessions', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Lianbo-Csrf': '1' }, body: JSON.stringify(body) }), { login: world.buyer.login, password: world.buyer.password })
            await page.close()
          }
          const page = await context.newPage()
          await one.open(page, world)
          await calm(page)
          await page.screenshot({ path: `${folder}${one.name}.${size}.${theme}.${locale.slice(0, 2)}.png` })
        } catch (error) {
          found.push(`not made: ${error.message.split('\n')[0]}`)
        }
        for (const fault of found) faults.push(`${one.name} ${size} ${theme} ${locale}: ${fault}`)
        await context.close()
      }
} finally {
  await browser.close()
  await world.close()
}
console.log(`${chosen.length} pages, pictures in build/shots`)
for (const fault of faults) console.error(fault)
process.exit(faults.length ? 1 : 0)
