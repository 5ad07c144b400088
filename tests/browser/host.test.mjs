// The host's pages in a real browser against a real server: from an invitation to being on air, pinning, helping, what a
// broadcast came to, and why every fen is what it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { desk, pageFaults, phone, settled } from './browser.mjs'
import { receivedOrder, until } from './brand_day.mjs'
import { makeStage, unharmed } from './stage.mjs'
import { buy, Client, fillDay, fillTrust, makeBuyer } from './world.mjs'

const stage = makeStage()
const dialog = (page) => page.getByRole('dialog')
let day
const filled = async () => (day ??= await fillDay(stage.world))

test('from an invitation to being on air: ten taps at most, and less than two minutes', async () => {
  const { world } = stage
  const agent = await world.owner.post(`/brands/${world.brand}/agents`, { code: 'B01', name: '林小满', store: '小满的店', region: '浙江杭州', phone: '13900001111', parent_id: null })
  const { invite_token } = await world.owner.post(`/agents/${agent.id}/invite`)
  const one = await stage.visitor(phone)
  const { page } = one
  let taps = 0
  const tap = async (target) => {
    ++taps
    await target.tap()
  }
  // A field that does not wait for the thumb already costs a tap too.
  const type = async (field, text) => {
    if (!(await field.evaluate((element) => element === document.activeElement))) await tap(field)
    await field.fill(text)
  }
  const at = Date.now()
  await page.goto(`/host/invite/${invite_token}`)
  // The first field waits for a thumb.
  await page.waitForFunction(() => document.activeElement?.id === 'login-name')
  await type(page.locator('#login-name'), 'xiaoman-host')
  await type(page.locator('#login-password'), 'a-long-password')
  await tap(page.getByRole('button', { name: '接受邀请' }))
  await page.getByRole('heading', { name: '给店铺起个名字' }).waitFor()
  assert.equal(await page.locator('#store-name').inputValue(), '小满的店', 'what the brand knows is there already')
  await type(page.locator('#store-intro'), '只卖自己用的好东西')
  await tap(page.getByRole('button', { name: '下一步' }))
  await page.waitForFunction(() => document.activeElement?.id === 'payout-account')
  await type(page.locator('#payout-account'), 'wx-xiaoman')
  await tap(page.getByRole('button', { name: '下一步' }))
  await tap(page.getByRole('checkbox', { name: new RegExp(world.products[0].title) }))
  await tap(page.getByRole('checkbox', { name: new RegExp(world.products[3].title) }))
  await tap(page.getByRole('button', { name: '选好了 2 样' }))
  await page.locator('.frame img').waitFor()
  const link = await page.locator('#kit-link').inputValue()
  await tap(page.getByRole('button', { name: '下一步' }))
  await tap(page.getByRole('button', { name: /马上开播/ }))
  await page.getByRole('button', { name: '下播' }).waitFor()
  assert.ok(taps <= 10, `it took ${taps} taps`)
  assert.ok(Date.now() - at < 120_000)

  const hall = await world.owner.get(`/brands/${world.brand}/hall`)
  const mine = hall.on_air.find((room) => room.store_id === agent.store_id)
  assert.ok(mine, 'the room is in the hall')
  assert.equal((await world.owner.get(`/stores/${agent.store_id}`)).intro, '只卖自己用的好东西')
  const buyer = await makeBuyer(world, 'through-the-kit')
  await fetch(new URL(link, world.server.url), { redirect: 'manual', headers: { Authorization: `Bearer ${buyer.client.token}` } })
  assert.equal((await buyer.client.get(`/brands/${world.brand}/lock`)).lock.agent_id, agent.id, 'who comes through the kit’s link is the host’s customer')
  unharmed(one)
})

test('a broadcast is prepared: products picked, put in order by keys and by dragging, words written; then it goes on air', async () => {
  const { world } = stage
  const host = world.hosts[5]
  const one = await stage.visitor(phone)
  await stage.logIn(one, host)
  const { page } = one
  await page.goto('/host/live/new')
  await page.locator('#plan-title').fill('周末早餐这样做')
  await page.getByRole('button', { name: '一刻钟后' }).click()
  const ai = page.getByRole('checkbox', { name: '出镜的是 AI 生成的主播' })
  await ai.check()
  await ai.uncheck()
  await page.getByRole('button', { name: '挑选商品' }).click()
  for (const i of [1, 4, 8]) await dialog(page).getByRole('checkbox', { name: new RegExp(world.products[i].title) }).click()
  await dialog(page).getByRole('button', { name: '放上货架（3 样）' }).click()
  const order = () => page.locator('.shelf li').evaluateAll((rows) => rows.map((row) => row.dataset.id))
  const [a, b, c] = [1, 4, 8].map((i) => world.products[i].id)
  assert.deepEqual(await order(), [a, b, c])

  const up = page.getByRole('button', { name: `${world.products[8].title} 上移` })
  await up.focus()
  await page.keyboard.press('Enter')
  assert.deepEqual(await order(), [a, c, b])
  assert.ok(await up.evaluate((button) => button === document.activeElement), 'the focus stays with what was moved')
  await page.keyboard.press('Enter')
  assert.deepEqual(await order(), [c, a, b])

  const handle = page.locator(`[data-id="${b}"] .handle`)
  await handle.scrollIntoViewIfNeeded()
  await page.evaluate(() => document.querySelector('.shelf').scrollIntoView({ block: 'center' }))
  const from = await handle.boundingBox()
  const to = await page.locator(`[data-id="${c}"] .handle`).boundingBox()
  await page.mouse.move(from.x + 10, from.y + 20)
  await page.mouse.down()
  for (let i = 1; i <= 12; ++i) {
    await page.mouse.move(from.x + 10, from.y + 20 + ((to.y - from.y - 12) * i) / 12)
  }
  await page.mouse.up()
  assert.deepEqual(await order(), [b, c, a], 'dragged to the top')

  await page.locator(`[data-id="${b}"] .points`).click()
  await page.locator(`#note-${b}`).fill('三泡仍香')
  await page.reload()
  assert.equal(await page.locator('#plan-title').inputValue(), '周末早餐这样做', 'a reload loses nothing')
  assert.deepEqual(await order(), [b, c, a])
  await page.getByRole('button', { name: '定下来' }).click()
  await page.getByRole('button', { name: '开播' }).waitFor()
  const id = new URL(page.url()).pathname.split('/').pop()
  const planned = await host.client.get(`/broadcasts/${id}`)
  assert.deepEqual(planned.product_ids, [b, c, a])
  assert.deepEqual((await host.client.get(`/broadcasts/${id}/notes`)).items, [{ product_id: b, text: '三泡仍香' }])
  assert.ok(Math.abs(Date.parse(planned.scheduled_at) - Date.now()) < 25 * 60_000, 'in a quarter of an hour')

  await page.getByRole('button', { name: '开播' }).click()
  await page.getByRole('button', { name: '下播' }).waitFor()
  await page.getByRole('button', { name: /^接着讲/ }).click()
  await page.locator('.now').getByText('三泡仍香').waitFor()

  // A presenter made by AI is labelled as soon as the host says so, and stays it.
  const viewer = await stage.visitor(phone)
  await viewer.page.goto(`/room/${id}`)
  await viewer.page.locator('.offer').waitFor()
  assert.equal(await viewer.page.getByRole('note').filter({ hasText: 'AI 主播' }).count(), 0)
  await host.client.patch(`/broadcasts/${id}`, { ai_presenter: true })
  await viewer.page.getByRole('note').filter({ hasText: 'AI 主播' }).waitFor()
  await assert.rejects(host.client.patch(`/broadcasts/${id}`, { ai_presenter: false }))
  unharmed(viewer)

  await page.getByRole('button', { name: '下播' }).click()
  await dialog(page).getByRole('button', { name: '下播' }).click()
  await page.waitForURL('**/results')
  unharmed(one)
})

test('who says too much is muted and let speak again; an assistant pins without seeing money', async () => {
  const { world } = stage
  const room = world.live[2]
  const helper = await makeBuyer(world, 'helper', '阿助')
  const buyer = await makeBuyer(world, 'loud', '大声')
  await room.host.client.post(`/stores/${room.store_id}/assistants`, { login: 'helper' })
  const [speaks, helps] = [await stage.visitor(phone), await stage.visitor(phone)]
  await stage.logIn(speaks, buyer)
  await stage.logIn(helps, helper)
  await speaks.page.goto(`/room/${room.id}`)
  await speaks.page.locator('#say').fill('加我微信')
  await speaks.page.locator('#say').press('Enter')
  await helps.page.goto(`/host/live/${room.id}`)
  assert.equal(await helps.page.getByRole('button', { name: '下播' }).count(), 0, 'an assistant does not end it')
  await helps.page.getByRole('button', { name: '聊天' }).click()
  await helps.page.getByRole('button', { name: /加我微信/ }).click()
  await dialog(helps.page).getByRole('button', { name: '禁言 10 分钟' }).click()
  await speaks.page.getByPlaceholder('你已被禁言').waitFor()
  await helps.page.getByRole('button', { name: '管理' }).click()
  await helps.page.getByRole('button', { name: '解除' }).click()
  await speaks.page.getByPlaceholder('说点什么…').waitFor()
  await helps.page.getByRole('button', { name: '货架' }).click()
  await helps.page.getByRole('button', { name: `讲解 ${world.products[7].title}` }).click()
  await speaks.page.locator('.offer').getByText(world.products[7].title).waitFor()
  await helps.page.goto('/host/earnings')
  await helps.page.getByText('这里还没有你的店铺').waitFor()
  unharmed(speaks, helps)
})

test('the board moves while one sells; afterwards each pin says what it sold', async () => {
  const { world } = stage
  const room = world.live[3]
  const one = await stage.visitor(desk)
  await stage.logIn(one, room.host)
  const { page } = one
  await page.goto(`/host/live/${room.id}`)
  const figure = (name) => page.locator('.board dl > div', { hasText: name }).locator('b')
  await figure('订单').getByText('0', { exact: true }).waitFor()
  await page.getByRole('button', { name: `讲解 ${world.products[10].title}` }).click()
  await page.getByRole('button', { name: `讲完 ${world.products[10].title}` }).waitFor()
  const guest = await stage.visitor(phone)
  await guest.page.goto(`/room/${room.id}`)
  await guest.page.locator('.offer .buy').click()
  await dialog(guest.page).getByRole('heading', { name: world.products[10].title }).waitFor()
  await buy(world, await makeBuyer(world, 'on-the-board', '王小明'), { store: room.store_id, sku: world.products[10].skus[0].id, qty: 2, broadcast: room.id })
  await page.locator('.ticker p').getByText(world.products[10].title).waitFor()
  await figure('订单').getByText('1', { exact: true }).waitFor({ timeout: 15_000 })
  await figure('成交').getByText('¥59.80').waitFor()
  await page.getByRole('button', { name: '下播' }).click()
  await dialog(page).getByRole('button', { name: '下播' }).click()
  await page.waitForURL('**/results')
  const pin = page.locator('.pins li', { hasText: world.products[10].title })
  await pin.getByText('¥59.80').first().waitFor()
  assert.equal(await pin.locator('dd').nth(1).textContent(), '1', 'one order while it was shown')
  await page.waitForFunction((title) => [...document.querySelectorAll('.pins li')].find((row) => row.textContent.includes(title))?.querySelector('dd')?.textContent === '1', world.products[10].title, { timeout: 20_000 }).catch(async () => page.reload())
  assert.equal(await pin.locator('dd').first().textContent(), '1', 'one opened its card while it was shown')
  await page.getByRole('slider').focus()
  await page.keyboard.press('ArrowRight')
  await page.locator('figcaption b').waitFor()
  unharmed(one)
})

test('what happens at the store shows on an open page by itself', async () => {
  const { world } = stage
  const host = world.hosts[4]
  const one = await stage.visitor(phone)
  await stage.logIn(one, host)
  const { page } = one
  await page.goto('/host/')
  await page.getByText('今天卖出').waitFor()
  const orders = page.locator('.hero dd').first()
  await orders.filter({ hasText: /\d/ }).waitFor()
  const before = Number(await orders.textContent())
  await buy(world, await makeBuyer(world, 'nudger', '小推'), { store: host.store_id, sku: world.products[8].skus[0].id })
  await page.waitForFunction((n) => Number(document.querySelector('.hero dd')?.textContent) === n, before + 1)
  await page.getByText('待发货订单').waitFor()
  unharmed(one)
})

test('every entry opens its why, and the sum adds up', async () => {
  const { world } = stage
  await filled()
  const one = await stage.visitor(phone)
  await stage.logIn(one, world.hosts[0])
  const { page } = one
  await page.goto('/host/earnings')
  await page.locator('.entry').first().waitFor()
  const entries = (await world.hosts[0].client.get(`/agents/${world.hosts[0].id}/entries`)).items
  assert.ok(entries.length >= 3)
  assert.equal(await page.locator('.entry').count(), entries.length)
  for (const [i, entry] of entries.entries()) {
    await page.locator('.entry').nth(i).click()
    const amount = (entry.amount_fen / 100).toFixed(2)
    await page.locator('.head strong').getByText(amount).waitFor()
    await page.getByText('相乘，不足一分舍去').waitFor()
    assert.equal(Math.floor((entry.net_fen * entry.bp) / 10_000), entry.amount_fen)
    await page.getByRole('button', { name: '返回' }).click()
    await page.locator('.entry').first().waitFor()
  }
  unharmed(one)
})

test('a settlement says what it sums, what of it was worked off against a debt, and leads to each entry', async () => {
  const { world } = stage
  const host = world.hosts[2]
  const of = `/brands/${world.brand}`
  await world.owner.put(`${of}/plans`, { scope: 'agent', scope_id: host.id, host_bp: 1500, promoter_bp: 0, freeze_days: 0 })
  const buyer = await makeBuyer(world, 'settled')
  const received = async (sku, qty) => receivedOrder(world, buyer, host, sku, qty)
  const settle = async (due) => {
    await until(async () => (await world.owner.get(`/agents/${host.id}/entries`)).items.filter((one) => one.state === 'available').length === due, 'the commission is due')
    await world.owner.put(`${of}/money-rules`, { settlement_approval: 'never' })
    await world.owner.post(`${of}/settlements`, { cutoff_at: new Date().toISOString() })
    return (await host.client.get(`/agents/${host.id}/settlements`)).items
  }
  const first = await received(world.products[8].skus[0].id, 2)
  await received(world.products[4].skus[0].id, 1)
  const [paid] = await settle(2)
  // 15 % of 73.60 and of 69.00.
  assert.equal(paid.payable_fen, 1104 + 1035)
  const one = await stage.visitor(phone)
  await stage.logIn(one, host)
  const { page } = one
  await page.goto('/host/earnings')
  await page.locator(`a[href$="/settlements/${paid.id}"]`).last().click()
  await page.getByRole('heading', { name: '结算' }).first().waitFor()
  await page.locator('.head strong').getByText('21.39').waitFor()
  const rows = page.locator('a[href*="/earnings/"]')
  assert.equal(await rows.count(), 2)
  let sum = 0
  for (const row of await rows.all()) sum += Math.round(100 * Number((await row.locator('b').innerText()).replace(/[^\d.-]/g, '')))
  assert.equal(sum, paid.payable_fen, 'its entries are what is payable')
  await rows.first().click()
  await page.getByText('相乘，不足一分舍去').waitFor()
  // All of the first is given back: what was settled for it is a debt, which the next settlement works off.
  const sale = await buyer.client.post(`/orders/${first.id}/after-sales`, { line: 0, kind: 'refund_only', qty: 0, amount_fen: 7360, reason: '不合适' })
  await world.owner.post(`/after-sales/${sale.id}/approve`, { answer: '好的' })
  await until(async () => (await host.client.get(`/agents/${host.id}/entries`)).items.some((entry) => entry.amount_fen === -1104), 'the commission is taken back')
  await received(world.products[5].skus[0].id, 1)
  // −11.04 and 15 % of 49.90 = 7.48: 3.56 stay a debt.
  const two = (await settle(2))[0]
  assert.equal(two.payable_fen, 0)
  await page.goto(`/host/settlements/${two.id}`)
  await page.locator('.head strong').getByText('0.00').waitFor()
  await page.locator('.rows').getByText('11.04').waitFor()
  await page.locator('dl').getByText('3.56').first().waitFor()
  // Who is not its agent does not see it.
  const other = await stage.visitor(phone)
  await stage.logIn(other, world.hosts[0])
  await other.page.goto(`/host/settlements/${paid.id}`)
  await other.page.locator('.error-state').waitFor()
  assert.equal(await other.page.getByText('21.39').count(), 0)
  unharmed(one, other)
})

test('a batch goes out through the payment rail: one host confirms and is paid, one’s account is refused and says why', async () => {
  const { world } = stage
  const of = `/brands/${world.brand}`
  const [, , , paid, refused] = world.hosts
  await world.owner.put(`${of}/money-rules`, { settlement_approval: 'never' })
  const buyer = await makeBuyer(world, 'payouts')
  for (const [host, account] of [[paid, 'o-ke-xin'], [refused, 'x'.repeat(80)]]) {
    await world.owner.put(`${of}/plans`, { scope: 'agent', scope_id: host.id, host_bp: 1500, promoter_bp: 0, freeze_days: 0 })
    await receivedOrder(world, buyer, host, world.products[5].skus[0].id, 1)
    await host.client.put(`/agents/${host.id}/payout-note`, { method: 'wechat', holder: host.name, account })
    await until(async () => (await world.owner.get(`/agents/${host.id}/entries`)).items.some((one) => one.state === 'available'), 'the commission is due')
  }
  await world.owner.post(`${of}/settlements`, { cutoff_at: new Date().toISOString() })
  const office = await stage.visitor(desk)
  await stage.logIn(office, world.founder)
  const { page } = office
  await page.goto(`/brand/${world.brand}/books`)
  await page.getByRole('button', { name: '生成批次' }).click()
  await page.getByText(/批次里有 \d+ 笔/).waitFor()
  const batch = page.locator('tbody tr').last()
  await batch.getByRole('button', { name: '微信支付发放' }).click()
  await page.getByText(/已发起 2 笔转账/).waitFor()
  // What the rail refuses has failed, with its reason; what it took waits for its receiver.
  await batch.getByText('在途 1 笔').waitFor()
  await batch.getByRole('button', { name: '明细' }).click()
  const drawer = page.getByRole('dialog')
  const line = (host) => drawer.getByRole('row', { name: host.name })
  await line(refused).getByText('失败').waitFor()
  await line(refused).getByText('收款账号不能用于自动到账').waitFor()
  await line(paid).getByText('等收款人确认').waitFor()

  const one = await stage.visitor(phone)
  await stage.logIn(one, paid)
  await one.page.goto('/host/earnings')
  const waiting = one.page.getByRole('region', { name: '待你确认的收款' })
  await waiting.getByText('¥7.48').waitFor()
  // Without a network it says so and nothing is taken for done; the next tap is the one that counts.
  await one.context.setOffline(true)
  await waiting.getByRole('button', { name: '确认收款' }).click()
  await waiting.getByRole('alert').getByText('网络连接不上').waitFor()
  await one.context.setOffline(false)
  await waiting.getByRole('button', { name: '确认收款' }).click()
  await waiting.waitFor({ state: 'detached' })
  await one.page.locator('.hero').getByText('¥7.48').last().waitFor()
  assert.equal((await paid.client.get(`/agents/${paid.id}/settlements`)).items[0].state, 'paid')
  await one.page.getByText('已到账').first().waitFor()
  // The desk sees it arrive by itself.
  await line(paid).getByText('已到账').waitFor()
  await page.keyboard.press('Escape')
  await batch.getByText('微信支付', { exact: true }).waitFor()
  // Who was refused has nothing to confirm, and their settlement waits for another way.
  assert.equal((await refused.client.get(`/agents/${refused.id}/settlements`)).items[0].state, 'settled')
  assert.deepEqual(one.faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED/.test(fault)), [])
  unharmed(office)
})

test('customers are one’s own and masked; addresses are there while there is something to send', async () => {
  const { world } = stage
  const { paidOrder } = await filled()
  const one = await stage.visitor(phone)
  await stage.logIn(one, world.hosts[0])
  const { page } = one
  await page.goto('/host/customers')
  await page.getByText('林**').first().waitFor()
  assert.equal(await page.getByText('13900001111').count(), 0)
  await page.getByRole('button', { name: '买过的客户' }).click()
  await page.getByText('139****1111').first().waitFor()
  await page.goto(`/host/orders/${paidOrder.id}`)
  await page.getByText('文三路 1 号').waitFor()
  await page.getByRole('button', { name: '发货' }).click()
  await page.locator('#ship-carrier').fill('顺丰速运')
  await page.locator('#ship-number').fill('SF0001')
  await page.getByRole('button', { name: '确认发货' }).click()
  await page.getByRole('heading', { name: '已发货' }).waitFor()
  unharmed(one)
})

test('a host sees their score with its parts, what would lift it, what does not count and why, and every review', async () => {
  const { world } = stage
  const host = world.hosts[0]
  await filled()
  await fillTrust(world)
  const again = await buy(world, { client: host.client }, { store: host.store_id, sku: world.products[8].skus[0].id })
  await host.client.post(`/orders/${again.id}/ship`, { carrier: '顺丰速运', tracking_number: 'SF99' })
  await host.client.post(`/orders/${again.id}/receive`)
  const one = await stage.visitor(phone)
  await stage.logIn(one, host)
  const { page } = one
  await page.goto('/host/more')
  await page.getByRole('link', { name: '评分与评价' }).click()
  const told = await host.client.get(`/stores/${host.store_id}/score`)
  await page.locator('.score .big b').getByText(String(told.score), { exact: true }).waitFor()
  await page.getByText('最能加分的一件事').waitFor()
  assert.ok(told.left_out.own + told.left_out.agent > 0, 'who buys from themselves is left out')
  await page.getByRole('button', { name: /不计入的商品/ }).click()
  const line = page.locator('.rows li', { hasText: /买家是/ }).first()
  await line.waitFor()
  await page.locator('.reviews li').first().getByText('已购并收货').waitFor()
  await page.locator('.reviews li').first().getByText(/谷雨|暖屋/).waitFor()
  await line.locator('a').click()
  await page.waitForURL('**/host/orders/*')
  unharmed(one)
})

test('the login runs out: one logs in where one is, and what was written is still there', async () => {
  const { world } = stage
  const one = await stage.visitor(phone)
  await stage.logIn(one, world.hosts[4])
  const { page } = one
  await page.goto('/host/live/new')
  await page.locator('#plan-title').fill('别丢了我')
  await new Client(world.server.url, (await one.context.cookies()).find((cookie) => cookie.name === 'lb_sid').value).delete('/sessions/current')
  await page.getByRole('button', { name: '定下来' }).click()
  await dialog(page).getByText('登录已过期').waitFor()
  await dialog(page).locator('#login-name').fill(world.hosts[4].login)
  await dialog(page).locator('#login-password').fill(world.hosts[4].password)
  await dialog(page).getByRole('button', { name: '登录' }).click()
  await dialog(page).waitFor({ state: 'hidden' })
  assert.equal(await page.locator('#plan-title').inputValue(), '别丢了我')
  await page.getByRole('button', { name: '定下来' }).click()
  await page.getByRole('button', { name: '开播' }).waitFor()
  unharmed(one)
})

test('without a network one stays on the page and is told so; when it is back, the next tap goes on', async () => {
  const one = await stage.visitor(phone)
  await stage.logIn(one, stage.world.hosts[0])
  const { page } = one
  await page.goto('/host/')
  const earnings = page.getByRole('link', { name: '收益' }).last()
  await earnings.waitFor()
  await one.context.setOffline(true)
  await page.getByText('网络已断开').waitFor()
  await earnings.click()
  await page.getByText('网络连接不上').first().waitFor()
  assert.equal(new URL(page.url()).pathname, '/host/')
  await one.context.setOffline(false)
  await page.getByText('网络已断开').waitFor({ state: 'detached' })
  await earnings.click()
  await page.waitForURL('**/host/earnings')
  await page.getByText('可结算').first().waitFor()
  unharmed(one)
})

test('no serious finding of accessibility, nothing too small for a thumb, nothing that moves by itself', async () => {
  const { world } = stage
  const { paidOrder } = await filled()
  const entry = (await world.hosts[0].client.get(`/agents/${world.hosts[0].id}/entries`)).items[0]
  const paths = ['/', '/open', '/live', '/live/new', `/live/${world.next[0].id}/edit`, `/live/${world.next[0].id}`, `/live/${world.live[0].id}`, `/live/${world.live[0].id}/results`, '/orders', `/orders/${paidOrder.id}`, '/customers', '/earnings', `/earnings/${entry.id}`, '/shares', '/score', '/team', '/training', '/store', '/assistants', '/more']
  const found = await stage.sweep([{ ...phone, colorScheme: 'light' }, { ...phone, colorScheme: 'dark' }], world.hosts[0], paths, ({ page }, path, options) => pageFaults(page, `/host${path}`, options))
  assert.deepEqual(found, [])
})
