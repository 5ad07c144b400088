// The shop in a real browser against a real server: what a buyer does from a link to a shared receipt, and what happens
// when things change under their hands. LIANBO_PROGRAM names the program; pages come from web/dist.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { desk, phone } from './browser.mjs'
import { makeStage, unharmed } from './stage.mjs'
import { buy, makeBuyer, startServer } from './world.mjs'

const stage = makeStage()
const { visitor, logIn } = stage
let world
test.beforeEach(() => (world = stage.world))

async function fillAddress(page) {
  await page.locator('#address-name').fill('林小满')
  await page.locator('#address-phone').fill('13900001111')
  await page.locator('#address-region').fill('浙江省杭州市西湖区')
  await page.locator('#address-detail').fill('文三路 1 号')
  await quoted(page)
}
// The server has said what it costs.
const quoted = (page) => page.locator('form.checkout[aria-busy=false]').waitFor()
const dialog = (page) => page.getByRole('dialog')

test('the types of the API are those of the server', () => {
  execFileSync(process.execPath, [new URL('../../web/tools/generate_api.mjs', import.meta.url).pathname, world.server.url, '--check'], { stdio: 'inherit' })
})

test('a buyer goes from room to room on one connection: what is told in the old room ends with it', async () => {
  const [first, second] = [world.live[0], world.live[1]]
  const one = await visitor()
  const { page } = one
  const sockets = []
  page.on('websocket', (socket) => socket.url().includes('/rooms/') && sockets.push(socket.url()))
  const enter = async (room) => {
    await page.locator(`a[href="/room/${room.id}"]`).first().click()
    await page.locator('.shelf-button:enabled').waitFor()
  }
  await page.goto('/')
  await enter(first)
  await page.goBack()
  await enter(second)
  assert.equal(sockets.length, 1, `one connection for both rooms: ${sockets}`)
  await page.locator('#say').fill('到第二个房间了')
  await page.keyboard.press('Enter')
  await page.getByRole('log').getByText('到第二个房间了').waitFor()
  // The first room is left: whoever comes there is alone, and what is said there is heard by nobody else.
  const other = await visitor()
  await other.page.goto(`/room/${first.id}`)
  await other.page.waitForFunction(() => /\D1$/.test(document.querySelector('header .pill')?.textContent ?? ''))
  await other.page.locator('#say').fill('这里只有我')
  await other.page.keyboard.press('Enter')
  await other.page.getByRole('log').getByText('这里只有我').waitFor()
  assert.equal(await page.getByRole('log').getByText('这里只有我').count(), 0)
  await page.goBack()
  await enter(first)
  await page.getByRole('log').getByText('这里只有我').waitFor()
  assert.equal(sockets.length, 1)
  unharmed(one, other)
})

test('a guest opens a moment link, lands on its product, logs in, buys, pays, shares the receipt; a second browser opens that', async () => {
  const [room, promoter, product] = [world.live[0], world.hosts[1], world.products[0]]
  const share = await promoter.client.post('/shares', { kind: 'moment', channel: 'group', broadcast_id: room.id, product_id: product.id })
  const guest = await visitor()
  const { page } = guest
  await page.goto(new URL(share.url).pathname)
  assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, `/room/${room.id}?product=${product.id}&share=${share.token}`)
  await dialog(page).getByRole('heading', { name: product.title }).waitFor()
  await dialog(page).getByRole('radio', { name: /100g/ }).click()
  await dialog(page).getByRole('button', { name: '立即购买' }).click()
  await fillAddress(page)
  await page.getByRole('button', { name: '登录并提交' }).click()
  await page.getByRole('button', { name: '还没有账号？注册' }).click()
  await page.locator('#login-name').fill('guest-one')
  await page.locator('#login-shown').fill('小满')
  await page.locator('#login-password').fill('a-long-password')
  await page.getByRole('button', { name: '注册并登录' }).click()
  await page.getByRole('button', { name: /^付款 ¥229\.00$/ }).click()
  await page.getByRole('heading', { name: '付款成功' }).waitFor()

  const orders = (await guest.api('/orders')).items
  assert.equal(orders.length, 1)
  assert.equal(orders[0].state, 'paid')
  assert.equal(orders[0].lines[0].sku_id, product.skus[1].id)
  assert.equal(orders[0].broadcast_id, room.id)
  assert.equal(orders[0].share_id, share.id, 'the order says which share it came through')
  assert.equal((await guest.api(`/brands/${world.brand}/lock`)).lock.agent_id, promoter.id, 'the guest’s touch came along: the lock is the promoter’s')

  await page.getByRole('button', { name: '分享这一刻' }).click()
  await page.getByRole('button', { name: '复制链接' }).click()
  const link = await page.locator('#share-link').inputValue()
  await page.getByRole('dialog', { name: '分享' }).getByRole('button', { name: '关闭' }).first().click()
  await page.getByRole('link', { name: '查看订单' }).click()
  await page.getByRole('heading', { name: '已付款' }).waitFor()
  await page.reload()
  await page.getByText(product.title).first().waitFor()

  const friend = await visitor({ ...desk, locale: 'en-US' })
  await friend.page.goto(new URL(link).pathname)
  assert.equal(new URL(friend.page.url()).pathname, `/room/${room.id}`)
  await dialog(friend.page).getByRole('heading', { name: product.title }).waitFor()
  await dialog(friend.page).getByRole('button', { name: 'Buy now' }).waitFor()
  assert.equal((await friend.api(`/brands/${world.brand}/lock`)).lock.agent_id, promoter.id, 'a buyer’s share passes on to the agent they are locked to')

  const receipt = (await guest.api('/shares?mine')).items.find((one) => one.kind === 'receipt')
  assert.equal(receipt.touches, 1)
  assert.equal(receipt.parent_id, share.id)
  await page.goto('/shares')
  await page.getByRole('button', { name: '传播' }).first().click()
  await page.getByText('触达人数').waitFor()
  unharmed(guest, friend)
})

test('one says something, the other reads it; likes and orders are told', async () => {
  const room = world.live[0]
  const [a, b] = [await visitor(), await visitor()]
  for (const one of [a, b]) {
    await one.page.goto(`/room/${room.id}`)
    await one.page.locator('.offer').waitFor()
  }
  await a.page.getByLabel('说点什么…').fill('这个适合敏感肌吗？')
  await a.page.getByRole('button', { name: '发送' }).click()
  await b.page.getByRole('log').getByText('这个适合敏感肌吗？').waitFor()
  const likes = Number(await b.page.locator('.like small').textContent())
  for (let i = 0; i < 3; ++i) await a.page.getByRole('button', { name: '点赞' }).click()
  await b.page.waitForFunction((n) => Number(document.querySelector('.like small')?.textContent) === n, likes + 3)
  await a.page.waitForFunction((n) => Number(document.querySelector('.like small')?.textContent) === n, likes + 3)
  await buy(world, await makeBuyer(world, 'ticker', '张三'), { store: room.store_id, sku: world.products[1].skus[0].id, qty: 2, broadcast: room.id })
  await b.page.locator('.ticker p').getByText(world.products[1].title).waitFor()
  unharmed(a, b)
})

test('the hall tells by itself who goes on air, what is explained, how many watch, and who has ended', async () => {
  const host = world.hosts[5]
  const one = await visitor()
  const { page } = one
  await page.goto('/')
  const cards = page.locator('.rooms .room')
  await page.getByText(`${world.live.length}`, { exact: true }).first().waitFor()
  assert.equal(await cards.count(), world.live.length)
  // From here on the page may ask for nothing: what changes is told to it.
  const asked = []
  await page.waitForLoadState('networkidle')
  page.on('request', (request) => /\/hall$/.test(request.url()) && asked.push(request.url()))
  await host.client.post(`/broadcasts/${world.next[5].id}/start`)
  const card = page.locator(`.rooms a[href="/room/${world.next[5].id}"]`)
  await card.waitFor()
  await host.client.post(`/broadcasts/${world.next[5].id}/pins`, { product_id: world.products[2].id })
  await card.getByText(world.products[2].title).waitFor()
  const viewer = await visitor()
  await viewer.page.goto(`/room/${world.next[5].id}`)
  await card.locator('.viewers').filter({ hasText: /1$/ }).waitFor()
  await host.client.post(`/broadcasts/${world.next[5].id}/end`)
  await card.waitFor({ state: 'detached' })
  await page.locator(`.ended a[href="/room/${world.next[5].id}"]`).waitFor()
  assert.deepEqual(asked, [])
  unharmed(one, viewer)
})

test('who asked to be reminded is told once, when it begins, on the page they are on', async () => {
  const coming = world.next[4]
  const buyer = await makeBuyer(world, 'waiting')
  const one = await visitor()
  await logIn(one, buyer)
  const { page } = one
  await page.goto('/')
  const row = page.locator('.next li', { hasText: coming.title })
  await row.getByRole('button', { name: '提醒我' }).click()
  await row.getByRole('button', { name: '已预约' }).waitFor()
  await coming.host.client.post(`/broadcasts/${coming.id}/start`)
  await page.getByRole('status').filter({ hasText: '你预约的直播开始了' }).waitFor()
  await page.reload()
  await page.locator('.rooms .room').first().waitFor()
  await page.waitForLoadState('networkidle')
  assert.equal(await page.getByText('你预约的直播开始了').count(), 0, 'told once')
  await coming.host.client.post(`/broadcasts/${coming.id}/end`)
  unharmed(one)
})

test('an answer that is lost does not make a second order', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'lost-answer')
  await logIn(one, buyer)
  const { page } = one
  await page.goto(`/product/${world.products[8].id}?store=${world.hosts[2].store_id}`)
  await page.getByRole('button', { name: '立即购买' }).click()
  await fillAddress(page)
  let lost = 0
  await page.route('**/api/v1/orders', async (route) => {
    if (route.request().method() !== 'POST' || lost >= 2) return route.continue()
    ++lost
    await route.fetch()
    await route.abort('connectionreset')
  })
  await page.getByRole('button', { name: '提交订单' }).dblclick()
  await page.waitForURL('**/pay/*')
  assert.equal(lost, 2)
  assert.equal((await buyer.client.get('/orders')).items.length, 1)
  unharmed(one)
})

test('sold out between card and order, and a price that changed, are told and bought by nobody', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'too-late')
  await logIn(one, buyer)
  const { page } = one
  const scarce = world.products[9]
  await page.goto(`/product/${scarce.id}?store=${world.hosts[2].store_id}`)
  await page.getByRole('button', { name: '立即购买' }).click()
  await fillAddress(page)
  await buy(world, await makeBuyer(world, 'faster'), { store: world.hosts[3].store_id, sku: scarce.skus[0].id, qty: 5 })
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.getByText('没有下单，也没有扣款').waitFor()
  await page.getByRole('button', { name: '移除' }).click()
  await page.getByText('没有要结算的商品').waitFor()

  const dear = world.products[10]
  await page.goto(`/product/${dear.id}?store=${world.hosts[2].store_id}`)
  await page.getByRole('button', { name: '立即购买' }).click()
  await page.locator('.sums').getByText('¥29.90').waitFor()
  await world.owner.patch(`/skus/${dear.skus[0].id}`, { price_fen: 3190 })
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.getByText('价格刚刚变了').waitFor()
  await page.getByText('原价 ¥29.90').waitFor()
  assert.deepEqual((await buyer.client.get('/orders')).items, [])
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.waitForURL('**/pay/*')
  assert.deepEqual((await buyer.client.get('/orders')).items.map((order) => order.total_fen), [3190])
  unharmed(one)
})

test('a guest’s cart comes along when they log in', async () => {
  const one = await visitor()
  const { page } = one
  await page.goto(`/product/${world.products[4].id}?store=${world.hosts[1].store_id}`)
  await page.getByRole('button', { name: '加入购物车' }).click()
  await page.getByText('已放进购物车').waitFor()
  await logIn(one, await makeBuyer(world, 'carried'))
  await page.goto('/cart')
  await page.getByText(world.products[4].title).waitFor()
  await page.getByRole('button', { name: '去结算' }).click()
  await fillAddress(page)
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.waitForURL('**/pay/*')
  await page.getByRole('link', { name: '稍后再付' }).click()
  await page.getByRole('button', { name: '取消订单' }).click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByRole('heading', { name: '已取消' }).waitFor()
  await page.goto('/cart')
  await page.getByText('购物车是空的').waitFor()
  unharmed(one)
})

test('every page opens again on reload, and what is not there says so', async () => {
  const one = await visitor()
  for (const [path, words] of [['/', '正在直播'], [`/store/${world.hosts[0].store_id}?why=sold_out`, '已经卖完'], [`/product/${world.products[11].id}?store=${world.hosts[0].store_id}&gone=1`, '已不再销售'], ['/room/0000000000000', '没有找到'], ['/orders', '登录后查看订单'], ['/cart', '购物车是空的'], [`/join/${world.hosts[0].store_id}`, '不收任何费用']]) {
    await one.page.goto(path)
    await one.page.getByText(words).first().waitFor()
  }
  assert.equal(await one.page.locator('text=/@|undefined|NaN/').count(), 0)
  await one.page.goto(`/product/${world.products[11].id}?store=${world.hosts[0].store_id}&gone=1`)
  await one.page.locator('.others .tile').first().waitFor()
  assert.ok((await one.page.locator('.others .tile').count()) <= 6)
  unharmed(one)
})

test('the network goes and comes; the server restarts: the page says so and picks up', async () => {
  const one = await visitor()
  const room = world.live[2]
  await one.page.goto(`/room/${room.id}`)
  await one.page.locator('.offer').waitFor()
  await one.context.setOffline(true)
  await one.page.getByText('网络已断开').waitFor()
  await one.context.setOffline(false)
  await one.page.getByText('网络已断开').waitFor({ state: 'hidden' })
  const port = world.server.port
  await world.server.stop()
  await one.page.getByText('正在重新连接').waitFor()
  world.server = await startServer(world.db, ['room.counts_ms=200'], port)
  const product = world.products[6]
  await room.host.client.post(`/broadcasts/${room.id}/pins`, { product_id: world.products[8].id })
  await one.page.locator('.offer').getByText(world.products[8].title).waitFor({ timeout: 20_000 })
  await room.host.client.post(`/broadcasts/${room.id}/pins`, { product_id: product.id })
  await one.page.locator('.offer').getByText(product.title).waitFor()
  unharmed(one)
})

test('keyboard: a sheet takes the focus, keeps it, and gives it back', async () => {
  const one = await visitor(desk)
  const { page } = one
  await page.goto(`/room/${world.live[0].id}`)
  await page.locator('.offer').waitFor()
  const opener = page.getByRole('button', { name: /全部商品/ })
  await opener.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: /全部商品/ }).waitFor()
  for (let i = 0; i < 20; ++i) {
    await page.keyboard.press('Tab')
    assert.ok(await page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null), 'the focus stays in the sheet')
  }
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  assert.ok(await opener.evaluate((element) => element === document.activeElement))
  unharmed(one)
})

