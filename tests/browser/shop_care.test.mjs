// What the shop's pages promise beyond working: everybody can use them, nothing jumps, they are there at once on a weak
// phone, and two tabs, a lost session, a stale cart end in a clear state and never in a second order.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { axeFindings, desk, pageFaults, phone, settled } from './browser.mjs'
import { makeStage, unharmed } from './stage.mjs'
import { buy, fillDay, makeBuyer, startServer } from './world.mjs'

let world
let day
const stage = makeStage({
  prepare: async (made) => {
    world = made
    day = await fillDay(made)
  },
})
const { visitor, logIn } = stage
const address = { name: '林小满', phone: '13900001111', region: '浙江省杭州市西湖区', detail: '文三路 1 号' }
const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFUlEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==', 'base64')
async function fillAddress(page) {
  for (const [name, value] of Object.entries(address)) await page.locator(`#address-${name}`).fill(value)
  // The server has said what it costs.
  await page.locator('form.checkout[aria-busy=false]').waitFor()
}
const main = () => [
  '/',
  `/room/${world.live[0].id}`,
  `/room/${world.live[0].id}?product=${world.products[0].id}`,
  `/room/${world.next[0].id}`,
  `/room/${world.ended[0].id}`,
  `/product/${world.products[0].id}?store=${world.hosts[0].store_id}`,
  `/store/${world.hosts[0].store_id}`,
  `/join/${world.hosts[1].store_id}`,
  '/cart',
  '/orders',
  `/orders/${day.paidOrder.id}`,
  `/orders/${day.shippedOrder.id}`,
  `/pay/${day.openOrder.id}`,
  '/shares',
  '/me',
]

test('every main page: no serious finding, light and dark; a thumb hits everything; nothing jumps', async () => {
  const found = await stage.sweep([{ ...phone, colorScheme: 'light' }, { ...phone, colorScheme: 'dark' }, { ...desk, colorScheme: 'dark' }], day.buyer, main(), ({ page }, path, options) => pageFaults(page, path, options), 1)
  assert.deepEqual(found, [])
})

test('a first visit loads at most 120 kB of script and styles, and they come compressed and to be kept', async () => {
  for (const path of ['/', `/room/${world.live[0].id}?product=${world.products[0].id}`]) {
    const one = await visitor()
    const cdp = await one.context.newCDPSession(one.page)
    await cdp.send('Network.enable')
    const files = new Map()
    cdp.on('Network.responseReceived', ({ requestId, response }) => /\/assets\/.*\.(js|css)$/.test(response.url) && files.set(requestId, { url: response.url, headers: response.headers, bytes: 0 }))
    cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => files.has(requestId) && (files.get(requestId).bytes = encodedDataLength))
    await one.page.goto(path)
    await settled(one.page)
    const all = [...files.values()]
    const sum = all.reduce((n, file) => n + file.bytes, 0)
    assert.ok(all.length > 0 && sum <= 120_000, `${path} loads ${sum} bytes in ${all.length} files`)
    for (const { url, headers } of all) {
      const head = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
      assert.match(head['cache-control'], /max-age=31536000, immutable/, url)
      assert.match(head['content-encoding'] ?? 'none', /^(br|gzip)$/, url)
    }
    unharmed(one)
    await one.context.close()
  }
})

test('two tabs: paid in one, the other says so; ordered twice from one card is two wishes only when it was asked twice', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'two-tabs')
  await logIn(one, buyer)
  const [a, b] = [one.page, await one.context.newPage()]
  await a.goto(`/product/${world.products[8].id}?store=${world.hosts[2].store_id}`)
  await a.getByRole('button', { name: '立即购买' }).click()
  await fillAddress(a)
  await a.getByRole('button', { name: '提交订单' }).click()
  await a.waitForURL('**/pay/*')
  await b.goto(new URL(a.url()).pathname)
  await b.getByRole('button', { name: /^付款/ }).waitFor()
  await a.getByRole('button', { name: /^付款/ }).click()
  await a.getByRole('heading', { name: '付款成功' }).waitFor()
  await b.getByRole('button', { name: /^付款/ }).click()
  await b.getByRole('heading', { name: '付款成功' }).waitFor()
  let orders = (await buyer.client.get('/orders')).items
  assert.deepEqual(orders.map((order) => order.state), ['paid'])
  // A cart that two tabs look at: ordered in one, the other has nothing left to order.
  await a.goto(`/product/${world.products[4].id}?store=${world.hosts[1].store_id}`)
  await a.getByRole('button', { name: '加入购物车' }).click()
  await a.getByText('已放进购物车').waitFor()
  for (const page of [a, b]) {
    await page.goto('/cart')
    await page.getByRole('button', { name: '去结算' }).click()
    await page.getByRole('button', { name: '提交订单' }).waitFor()
  }
  await a.getByRole('button', { name: '提交订单' }).click()
  await a.waitForURL('**/pay/*')
  await b.getByRole('button', { name: '提交订单' }).click()
  await b.getByText('没有重复下单').waitFor()
  orders = (await buyer.client.get('/orders')).items
  assert.equal(orders.length, 2, 'the cart was ordered once')
  unharmed(one)
})

test('a session that ended: the page says so, keeps what was being done, and goes on after logging in', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'expired')
  await logIn(one, buyer)
  const { page } = one
  await page.goto(`/product/${world.products[3].id}?store=${world.hosts[0].store_id}`)
  await page.getByRole('button', { name: '立即购买' }).click()
  await fillAddress(page)
  // The cookie is still there; the server knows it no more.
  const token = (await one.context.cookies()).find((cookie) => cookie.name === 'lb_sid').value
  await fetch(`${world.server.url}/api/v1/sessions/current`, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } })
  await page.getByRole('button', { name: '提交订单' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('#login-name').fill(buyer.login)
  await dialog.locator('#login-password').fill(buyer.password)
  await dialog.getByRole('button', { name: '登录', exact: true }).click()
  await page.waitForURL('**/pay/*')
  assert.equal((await buyer.client.get('/orders')).items.length, 1)
  unharmed(one)
})

test('a price that changed in the cart is said there, and what is asked for is what is paid', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'dearer')
  await logIn(one, buyer)
  const { page } = one
  const product = world.products[10]
  await page.goto(`/product/${product.id}?store=${world.hosts[2].store_id}`)
  await page.getByRole('button', { name: '加入购物车' }).click()
  await page.getByText('已放进购物车').waitFor()
  await page.goto('/cart')
  await page.getByText(product.title).waitFor()
  await world.owner.patch(`/skus/${product.skus[0].id}`, { price_fen: 3390 })
  await page.getByRole('button', { name: '去结算' }).click()
  await page.getByText('价格刚刚变了').waitFor()
  await page.getByText('原价 ¥29.90').waitFor()
  await fillAddress(page)
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.waitForURL('**/pay/*')
  assert.deepEqual((await buyer.client.get('/orders')).items.map((order) => order.total_fen), [3390])
  unharmed(one)
})

test('the network is gone when the order is sent: nothing is ordered, and sending again orders once', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'tunnel')
  await logIn(one, buyer)
  const { page } = one
  await page.goto(`/product/${world.products[8].id}?store=${world.hosts[2].store_id}`)
  await page.getByRole('button', { name: '立即购买' }).click()
  await fillAddress(page)
  await one.context.setOffline(true)
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.getByRole('alert').first().waitFor()
  assert.deepEqual((await buyer.client.get('/orders')).items, [])
  await one.context.setOffline(false)
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.waitForURL('**/pay/*')
  assert.equal((await buyer.client.get('/orders')).items.length, 1)
  unharmed(one)
})

test('the server restarts while one orders and while one pays: it is said, and there is one order, paid once', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'restarted')
  await logIn(one, buyer)
  const { page } = one
  await page.goto(`/product/${world.products[8].id}?store=${world.hosts[2].store_id}`)
  await page.getByRole('button', { name: '立即购买' }).click()
  await fillAddress(page)
  const { port } = world.server
  const back = async () => (world.server = await startServer(world.db, ['room.counts_ms=200'], port))
  await world.server.stop()
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.getByText('网络没有回应').waitFor()
  await back()
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.waitForURL('**/pay/*')
  const pay = page.getByRole('button', { name: /^付款/ })
  await pay.waitFor()
  await world.server.stop()
  await pay.click()
  await page.getByText('不会重复付款').waitFor()
  await back()
  await pay.click()
  await page.getByRole('heading', { name: '付款成功' }).waitFor()
  const orders = (await buyer.client.get('/orders')).items
  assert.deepEqual(orders.map((order) => [order.state, order.total_fen, order.refunded_fen]), [['paid', 3680, 0]])
  unharmed(one)
})

test('the server is killed when it has taken an order, and again when it has taken the money, before it has said so: one order, paid once', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'killed')
  await logIn(one, buyer)
  const { page } = one
  const { port } = world.server
  const back = async () => (world.server = await startServer(world.db, ['room.counts_ms=200'], port))
  // What was asked for is done, but nobody hears of it.
  const dieAfter = async (path) => {
    let dead = false
    await page.route(path, async (route) => {
      if (dead) return route.fallback()
      dead = true
      assert.ok((await route.fetch()).ok())
      await world.server.kill()
      await route.abort('connectionreset')
    })
  }
  await page.goto(`/product/${world.products[8].id}?store=${world.hosts[2].store_id}`)
  await page.getByRole('button', { name: '立即购买' }).click()
  await fillAddress(page)
  await dieAfter('**/api/v1/orders')
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.getByText('同一笔订单不会重复提交').waitFor()
  await back()
  // Loaded anew in between: it is still the same order.
  await page.reload()
  await page.locator('form.checkout[aria-busy=false]').waitFor()
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.waitForURL('**/pay/*')
  await dieAfter('**/api/v1/sandbox/pay')
  const pay = page.getByRole('button', { name: /^付款/ })
  await pay.click()
  await page.getByText('不会重复付款').waitFor()
  await back()
  await pay.click()
  await page.getByRole('heading', { name: '付款成功' }).waitFor()
  const orders = (await buyer.client.get('/orders')).items
  assert.deepEqual(orders.map((order) => [order.state, order.total_fen, order.refunded_fen]), [['paid', 3680, 0]])
  unharmed(one)
})

test('loaded anew without a network, at the checkout and at the till: back on, it goes on where it was, and is paid once', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'underground')
  await logIn(one, buyer)
  const { page } = one
  await page.goto(`/product/${world.products[8].id}?store=${world.hosts[2].store_id}`)
  await page.getByRole('button', { name: '立即购买' }).click()
  await fillAddress(page)
  const lost = async () => {
    const at = page.url()
    await one.context.setOffline(true)
    await assert.rejects(page.reload(), /ERR_INTERNET_DISCONNECTED/)
    await one.context.setOffline(false)
    await page.goto(at)
  }
  await lost()
  await page.locator('form.checkout[aria-busy=false]').waitFor()
  assert.equal(await page.locator('#address-name').inputValue(), address.name, 'what was typed is still there')
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.waitForURL('**/pay/*')
  await page.getByRole('button', { name: /^付款/ }).waitFor()
  await lost()
  await page.getByRole('button', { name: /^付款/ }).click()
  await page.getByRole('heading', { name: '付款成功' }).waitFor()
  await lost()
  await page.getByRole('heading', { name: '付款成功' }).waitFor()
  assert.deepEqual((await buyer.client.get('/orders')).items.map((order) => [order.state, order.total_fen]), [['paid', 3680]])
  unharmed(one)
})

test('goods go back and money comes back: asked for, agreed, sent, arrived, each step told to the buyer', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'returns')
  const order = await buy(world, buyer, { store: world.hosts[0].store_id, sku: world.products[8].skus[0].id })
  await world.hosts[0].client.post(`/orders/${order.id}/ship`, { carrier: '顺丰速运', tracking_number: 'SF7777' })
  await buyer.client.post(`/orders/${order.id}/receive`)
  await logIn(one, buyer)
  const { page } = one
  await page.goto(`/orders/${order.id}`)
  await page.getByText('SF7777').waitFor()
  await page.getByRole('button', { name: '申请售后' }).click()
  let sheet = page.getByRole('dialog', { name: '申请售后' })
  await sheet.getByRole('radio', { name: '退货退款' }).click()
  await sheet.locator('#sale-reason').fill('和想的不一样')
  await sheet.getByRole('button', { name: '提交申请' }).click()
  await page.getByRole('button', { name: /退货退款 · 等待处理/ }).waitFor()
  const [sale] = (await buyer.client.get(`/orders/${order.id}/after-sales`)).items
  await world.owner.post(`/after-sales/${sale.id}/approve`, { answer: '请寄回' })
  await page.reload()
  await page.getByRole('button', { name: /退货退款 · 已同意/ }).click()
  sheet = page.getByRole('dialog', { name: '售后详情' })
  await sheet.getByText('请寄回', { exact: true }).waitFor()
  await sheet.locator('#back-carrier').selectOption({ index: 0 })
  await sheet.locator('#back-number').fill('SF8888')
  await sheet.getByRole('button', { name: '我已寄回' }).click()
  await sheet.getByText('SF8888').waitFor()
  await sheet.locator('#evidence').fill('外包装完好')
  await sheet.getByRole('button', { name: '发送' }).click()
  await sheet.getByText('外包装完好').waitFor()
  await sheet.locator('input[type=file]').setInputFiles({ name: 'box.png', mimeType: 'image/png', buffer: picture })
  const shown = sheet.getByRole('img', { name: /凭证图片/ })
  await shown.waitFor()
  assert.ok(await shown.evaluate(async (image) => (await image.decode(), image.naturalWidth > 0)), 'the picture is shown')
  assert.deepEqual(await axeFindings(page), [])
  await world.owner.post(`/after-sales/${sale.id}/goods-back`, {})
  await page.reload()
  await page.getByRole('button', { name: /退货退款 · (已退款|已同意，退款中)/ }).waitFor()
  unharmed(one)
})

test('a product says which rooms sell it now, the one that explains it first', async () => {
  const one = await visitor()
  await one.page.goto(`/product/${world.products[3].id}?store=${world.hosts[4].store_id}`)
  const rooms = one.page.locator('.on-air li')
  await rooms.first().getByText('正在讲解').waitFor()
  assert.equal(await rooms.first().locator('a').getAttribute('href'), `/room/${world.live[1].id}?product=${world.products[3].id}`)
  await rooms.first().click()
  await one.page.getByRole('dialog').getByRole('heading', { name: world.products[3].title }).waitFor()
  unharmed(one)
})

test('what came of my links is shown as a tree', async () => {
  const one = await visitor()
  await logIn(one, day.buyer)
  await one.page.goto('/shares')
  const row = one.page.locator('li.card').filter({ hasText: '我买的' }).first()
  await row.getByRole('button', { name: '传播' }).click()
  await row.getByText('触达人数').waitFor()
  // A friend came through it, bought, and handed it on; nobody has gone further.
  const node = row.locator('.tree button').first()
  await node.getByText('林').first().waitFor()
  await node.click()
  await row.getByText('还没有人接着分享').waitFor()
  unharmed(one)
})
