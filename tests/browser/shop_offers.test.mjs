// What hosts and brands give: coupons, flash prices, lucky bags, campaign prices, lines that wait. Each is given on the
// host's page or by the brand, seen by a buyer in their browser, used, and found to the fen in the order. Time is simulated.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { axeFindings, phone, settled, tooWide } from './browser.mjs'
import { makeStage, unharmed } from './stage.mjs'
import { Client, makeBuyer } from './world.mjs'

const stage = makeStage({ clock: '2026-03-01T12:00:00.000Z' })
let world
test.beforeEach(() => (world = stage.world))
const dialog = (page, name) => page.getByRole('dialog', name ? { name } : {})
const inAnHour = () => new Date(world.now() + 3_600_000).toISOString()

async function fillAddress(page) {
  for (const [name, value] of Object.entries({ name: '林小满', phone: '13900001111', region: '浙江省杭州市西湖区', detail: '文三路 1 号' })) await page.locator(`#address-${name}`).fill(value)
  await page.locator('form.checkout[aria-busy=false]').waitFor()
}
async function payFor(page, amount) {
  await page.getByRole('button', { name: '提交订单' }).click()
  await page.getByRole('button', { name: `付款 ${amount}`, exact: true }).click()
  await page.getByRole('heading', { name: '付款成功' }).waitFor()
}

test('coupons are claimed in the store and in the room; the best one is used at the checkout, and the order comes to what was said', async () => {
  const [room, host, product] = [world.live[0], world.hosts[0], world.products[3]]
  const give = (body) => world.owner.post(`/brands/${world.brand}/coupons`, { giver: 'brand', total: 3, ends_at: inAnHour(), ...body })
  await give({ name: '品牌满减', off_fen: 500, min_spend_fen: 5000 })
  await give({ name: '大额满减', off_fen: 9000, min_spend_fen: 100_000 })
  const one = await stage.visitor(phone)
  const buyer = await makeBuyer(world, 'couponed')
  await stage.logIn(one, buyer)
  const { page } = one
  await page.goto(`/store/${host.store_id}`)
  await page.getByRole('button', { name: '领取 品牌满减' }).click()
  await page.locator('.coupon', { hasText: '品牌满减' }).getByText('已领取').waitFor()
  await page.getByRole('button', { name: '领取 大额满减' }).click()
  await page.locator('.coupon', { hasText: '大额满减' }).getByText('已领取').waitFor()

  // The host gives one on the page of the broadcast; who is there sees it at once.
  await page.goto(`/room/${room.id}`)
  await page.locator('.offer').waitFor()
  const desk = await stage.visitor(phone)
  await stage.logIn(desk, host)
  await desk.page.goto(`/host/live/${room.id}`)
  await desk.page.getByRole('button', { name: '发福利' }).click()
  await dialog(desk.page, '发福利').getByRole('button', { name: '优惠券' }).click()
  await desk.page.locator('#offer-off').fill('12.5')
  await desk.page.locator('#offer-least').fill('80')
  await dialog(desk.page, '发福利').getByRole('button', { name: '发出去' }).click()
  await page.getByRole('button', { name: '领券' }).click()
  await dialog(page).getByRole('button', { name: /领取 立减/ }).click()
  await dialog(page).getByText('已领取', { exact: true }).waitFor()
  assert.deepEqual(await axeFindings(page), [])

  await page.goto(`/room/${room.id}?product=${product.id}`)
  await dialog(page).getByRole('button', { name: '立即购买' }).click()
  await fillAddress(page)
  const sums = page.locator('.sums')
  await sums.getByText('−¥12.50').first().waitFor()
  await sums.getByRole('button', { name: /优惠券/ }).click()
  const choice = dialog(page, '选择优惠券')
  await choice.getByText('还差').waitFor()
  await choice.getByRole('button', { name: /品牌满减/ }).click()
  await sums.getByText('−¥5.00').first().waitFor()
  await sums.getByRole('button', { name: /优惠券/ }).click()
  await choice.getByRole('button', { name: '不使用优惠券' }).click()
  await page.locator('.go').getByText('¥88.00').first().waitFor()
  await sums.getByRole('button', { name: /优惠券/ }).click()
  await choice.getByRole('button', { name: /立减 ¥12.50/ }).click()
  await page.locator('.go').getByText('¥75.50').first().waitFor()
  await payFor(page, '¥75.50')
  const [order] = (await buyer.client.get('/orders')).items
  assert.deepEqual([order.goods_fen, order.discount_fen, order.total_fen, order.lines[0].paid_fen], [8800, 1250, 7550, 7550])
  await page.goto('/me/coupons')
  await page.locator('.coupon', { hasText: '立减 ¥12.50' }).getByText('已使用').waitFor()
  unharmed(one, desk)
})

test('a flash price is opened on the host’s page, seen in the room with what is left, and paid by who is quick', async () => {
  const [room, host, product] = [world.live[0], world.hosts[0], world.products[0]]
  const [desk, one] = [await stage.visitor(phone), await stage.visitor(phone)]
  await stage.logIn(desk, host)
  const buyer = await makeBuyer(world, 'quick')
  await stage.logIn(one, buyer)
  const { page } = one
  await page.goto(`/room/${room.id}`)
  await page.locator('.offer').waitFor()
  await desk.page.goto(`/host/live/${room.id}`)
  await desk.page.getByRole('button', { name: '发福利' }).click()
  // What a store may take off is said before, and is what the server holds to: 30 % of 138.90, rounded down.
  await desk.page.locator('#offer-limit').getByText('最多减 30%，即不低于 ¥97.23。').waitFor()
  await desk.page.locator('#offer-units').fill('2')
  await desk.page.locator('#offer-price').fill('97.22')
  await dialog(desk.page).getByRole('button', { name: '发出去' }).click()
  await dialog(desk.page).getByRole('alert').getByText('最多减 30%').waitFor()
  await desk.page.locator('#offer-price').fill('99')
  await dialog(desk.page).getByRole('button', { name: '发出去' }).click()
  const offer = page.locator('.offer')
  await offer.getByText(/秒杀 · 剩 2 件/).waitFor()
  await offer.getByText('¥99.00', { exact: true }).or(offer.getByText(/¥99\.00/)).first().waitFor()
  assert.equal(await offer.locator('s').textContent(), '¥138.90')
  await page.getByRole('button', { name: /^秒杀/ }).click()
  await dialog(page).getByRole('radio', { name: /50g ¥99\.00/ }).waitFor()
  await dialog(page).getByRole('button', { name: '立即购买' }).click()
  await fillAddress(page)
  await payFor(page, '¥99.00')
  const [order] = (await buyer.client.get('/orders')).items
  assert.deepEqual([order.lines[0].price_fen, order.lines[0].price_source, order.total_fen], [9900, 'flash', 9900])
  await page.getByRole('button', { name: '回到直播间' }).click()
  await offer.getByText(/剩 1 件/).waitFor()
  // Three are more than are left at that price: they cost what they cost otherwise, and that is said before.
  await page.getByRole('button', { name: /^秒杀/ }).click()
  await dialog(page).getByRole('button', { name: '增加一件' }).click()
  await dialog(page).getByText(/秒杀价只剩 1 件/).waitFor()
  await dialog(page).getByRole('radio', { name: /50g ¥138\.90/ }).waitFor()
  // Its time is over: the price is gone from the open page.
  await world.moveTo(world.now() + 10 * 60_000)
  await dialog(page).getByText(/秒杀价只剩/).waitFor({ state: 'hidden' })
  unharmed(one, desk)
})

test('a guest sees at the checkout what could be claimed, logs in by claiming it, and pays less', async () => {
  const [room, host, product] = [world.live[2], world.hosts[2], world.products[8]]
  const name = '回头客减三'
  await world.owner.post(`/brands/${world.brand}/coupons`, { giver: 'store', store_id: host.store_id, name, off_fen: 300, total: 5, ends_at: inAnHour() })
  await host.client.post(`/broadcasts/${room.id}/coupons`, { name: '本场大额券', off_fen: 900, min_spend_fen: 9900, total: 5, ends_at: inAnHour() })
  const one = await stage.visitor(phone)
  const buyer = await makeBuyer(world, 'guest-first')
  const { page } = one
  await page.goto(`/room/${room.id}?product=${product.id}`)
  await dialog(page).getByRole('button', { name: '立即购买' }).click()
  await page.locator('.sums').getByText(/\d 张可领取/).click()
  const sheet = dialog(page, '选择优惠券')
  await sheet.getByText('满 ¥99.00 可用').waitFor()
  assert.deepEqual(await tooWide(page), [])
  assert.deepEqual(await axeFindings(page), [])
  await sheet.getByRole('button', { name: `领取 ${name}` }).click()
  const login = dialog(page).filter({ has: page.locator('#login-name') })
  await login.locator('#login-name').fill(buyer.login)
  await login.locator('#login-password').fill(buyer.password)
  await login.getByRole('button', { name: '登录', exact: true }).click()
  await sheet.getByRole('button', { name: new RegExp(name) }).filter({ hasText: '使用中' }).waitFor()
  await sheet.getByRole('button', { name: '关闭' }).click()
  await page.locator('.sums').getByText('−¥3.00').first().waitFor()
  await fillAddress(page)
  await payFor(page, '¥33.80')
  const [order] = (await buyer.client.get('/orders')).items
  assert.deepEqual([order.total_fen, order.discount_fen], [3380, 300])
  unharmed(one)
})

test('what a host gave too soon is taken back: a flash price closed, a coupon withdrawn, a bag with a word cancelled', async () => {
  const [room, host] = [world.live[3], world.hosts[3]]
  const [desk, one] = [await stage.visitor(phone), await stage.visitor(phone)]
  await stage.logIn(desk, host)
  const { page } = one
  await page.goto(`/room/${room.id}`)
  const offer = page.locator('.offer')
  await offer.waitFor()
  await desk.page.goto(`/host/live/${room.id}`)
  const sheet = dialog(desk.page, '发福利')
  const give = async (kind, fields) => {
    await desk.page.getByRole('button', { name: '发福利' }).click()
    await sheet.getByRole('group', { name: '发福利' }).getByRole('button', { name: kind }).click()
    for (const [id, text] of Object.entries(fields)) await desk.page.locator(`#offer-${id}`).fill(text)
    await sheet.getByRole('button', { name: '发出去' }).click()
    await sheet.waitFor({ state: 'hidden' })
  }
  const takeBack = async (name, said) => {
    await desk.page.getByRole('button', { name: '发福利' }).click()
    await sheet.getByRole('button', { name }).click()
    assert.deepEqual(await axeFindings(desk.page), [])
    await sheet.getByRole('button', { name: '确定' }).click()
    await desk.page.getByText(said).waitFor()
    await sheet.getByRole('button', { name }).waitFor({ state: 'hidden' })
    await sheet.getByRole('button', { name: '关闭' }).click()
    await sheet.waitFor({ state: 'hidden' })
  }
  await give('秒杀', { price: '69.9', units: '2', minutes: '5' })
  await offer.getByText(/¥69\.90/).first().waitFor()
  await takeBack(/^结束秒杀/, '秒杀已结束')
  await offer.getByText(/¥69\.90/).first().waitFor({ state: 'hidden' })
  assert.equal((await world.owner.get(`/broadcasts/${room.id}/flash`)).items.filter((one) => !one.closed_at).length, 0)

  await give('优惠券', { off: '5', least: '80', total: '7', minutes: '5' })
  await page.getByRole('button', { name: /^领券|优惠券/ }).first().waitFor()
  await takeBack(/^收回优惠券/, '已收回')
  assert.deepEqual((await world.owner.get(`/broadcasts/${room.id}/coupons`)).items, [])

  await desk.page.getByRole('button', { name: '发福利' }).click()
  await sheet.getByRole('group', { name: '发福利' }).getByRole('button', { name: '福袋' }).click()
  await sheet.getByRole('button', { name: '发口令参加' }).click()
  for (const [id, text] of Object.entries({ word: '今晚三样', bag: '口令福袋', prize: '燕麦一袋', winners: '1', minutes: '5' })) await desk.page.locator(`#offer-${id}`).fill(text)
  await sheet.getByRole('button', { name: '发出去' }).click()
  await page.getByRole('button', { name: /福袋/ }).click()
  await page.getByText('在聊天里发送口令「今晚三样」即可参加。').waitFor()
  await takeBack(/^取消福袋/, '福袋已取消')
  await page.locator('.bag').waitFor({ state: 'detached' })
  assert.ok((await world.owner.get(`/broadcasts/${room.id}/lucky-bags`)).items[0].cancelled_at)
  unharmed(one, desk)
})

test('a lucky bag is entered by a tap, drawn, and checked in the browser of who entered', async () => {
  const [room, host] = [world.live[1], world.hosts[1]]
  const [desk, one] = [await stage.visitor(phone), await stage.visitor(phone)]
  await stage.logIn(desk, host)
  const { page } = one
  await page.goto(`/room/${room.id}`)
  await page.locator('.offer').waitFor()
  await desk.page.goto(`/host/live/${room.id}`)
  await desk.page.getByRole('button', { name: '发福利' }).click()
  await dialog(desk.page).getByRole('button', { name: '福袋' }).click()
  await desk.page.locator('#offer-bag').fill('新茶福袋')
  await desk.page.locator('#offer-prize').fill('茉莉绿茶一罐')
  await desk.page.locator('#offer-winners').fill('1')
  await desk.page.locator('#offer-minutes').fill('5')
  await dialog(desk.page).getByRole('button', { name: '发出去' }).click()

  await page.getByRole('button', { name: /福袋/ }).click()
  await dialog(page, '直播间福利').getByRole('button', { name: '参加抽奖' }).click()
  const login = dialog(page).filter({ has: page.locator('#login-name') })
  await login.getByRole('button', { name: '还没有账号？注册' }).click()
  await page.locator('#login-name').fill('lucky-one')
  await page.locator('#login-shown').fill('小运')
  await page.locator('#login-password').fill('lucky-one-password')
  await page.getByRole('button', { name: '注册并登录' }).click()
  await page.getByText('已参加，等待开奖').waitFor()
  const [bag] = (await world.owner.get(`/broadcasts/${room.id}/lucky-bags`)).items
  for (const name of ['b', 'c']) await (await makeBuyer(world, `luck-${name}`)).client.post(`/lucky-bags/${bag.id}/entry`)
  await world.moveTo(Date.parse(bag.draws_at) + 1000)
  await page.getByText('3 人参加，1 人中奖。').waitFor()
  const proof = await world.owner.get(`/lucky-bags/${bag.id}/proof`)
  const me = (await one.api('/me')).person_id
  await page.getByText(proof.winners.includes(me) ? /恭喜中奖：茉莉绿茶一罐/ : '这次没有抽中').first().waitFor()
  await page.getByRole('button', { name: '验证抽奖' }).click()
  await page.getByText('种子与开奖前公布的承诺一致。').waitFor()
  await page.getByText('在你的浏览器里重新计算，中奖者相同。').waitFor()
  await page.getByText('你在参加者名单里。').waitFor()
  assert.deepEqual(await axeFindings(page), [])
  // A server that had told other winners would be found out.
  const other = proof.entrants.find((person) => !proof.winners.includes(person))
  await page.route('**/proof', (route) => route.fulfill({ json: { ...proof, winners: [other] } }))
  await page.reload()
  await page.getByRole('button', { name: /福袋/ }).click()
  await page.getByRole('button', { name: '验证抽奖' }).click()
  await page.getByText('用 3 位参加者重新计算，中奖者不同！').waitFor()
  unharmed(one, desk)
})

test('a bag with a word is entered by saying it, and its coupon is the winner’s', async () => {
  const [room, host] = [world.live[1], world.hosts[1]]
  const coupon = await world.owner.post(`/brands/${world.brand}/coupons`, { giver: 'prize', name: '福袋奖', off_fen: 300, total: 5, ends_at: inAnHour() })
  const bag = await host.client.post(`/broadcasts/${room.id}/lucky-bags`, { title: '口令福袋', coupon_id: coupon.id, rule: 'chat', word: '新茶上市', winners: 1, seconds: 120 })
  const one = await stage.visitor(phone)
  await stage.logIn(one, await makeBuyer(world, 'says-it'))
  const { page } = one
  await page.goto(`/room/${room.id}`)
  await page.getByRole('button', { name: /福袋/ }).click()
  const card = page.locator('.bag', { hasText: '口令福袋' })
  await card.getByRole('button', { name: '发送口令参加' }).click()
  await card.getByText('已参加，等待开奖').waitFor()
  await page.getByRole('log').getByText('新茶上市').waitFor()
  await world.moveTo(Date.parse(bag.draws_at) + 1000)
  await card.getByText('恭喜中奖，优惠券已放进').waitFor()
  await page.goto('/me/coupons')
  await page.locator('.coupon', { hasText: '福袋奖' }).waitFor()
  unharmed(one)
})

test('a campaign’s price stands beside the struck-out list price, on the product, in the store and in the room', async () => {
  const [room, host, product] = [world.live[2], world.hosts[2], world.products[7]]
  const campaign = await world.owner.post(`/brands/${world.brand}/campaigns`, { name: '早餐季', starts_at: new Date(world.now()).toISOString(), ends_at: inAnHour(), target: { kind: 'list', store_ids: [host.store_id] }, items: product.skus.map((sku) => ({ sku_id: sku.id, price_fen: 2900 })) })
  const one = await stage.visitor(phone)
  const { page } = one
  // Whoever is in the room already is told.
  await host.client.post(`/broadcasts/${room.id}/pins`, { product_id: product.id })
  await page.goto(`/room/${room.id}`)
  await page.locator('.offer').getByText(/¥39\.00/).first().waitFor()
  await world.owner.post(`/campaigns/${campaign.id}/push`)
  await world.moveTo(world.now() + 2000)
  await page.locator('.offer').getByText(/¥29\.00/).first().waitFor()
  assert.equal(await page.locator('.offer s').textContent(), '¥39.00')
  for (const path of [`/product/${product.id}?store=${host.store_id}`, `/store/${host.store_id}`, `/room/${room.id}?product=${product.id}`]) {
    await page.goto(path)
    const price = page.locator('.price', { hasText: '29.00' }).first()
    await price.waitFor()
    assert.equal(await price.locator('s').textContent(), '¥39.00', path)
    await settled(page)
    assert.deepEqual(await axeFindings(page), [], path)
  }
  // Another store sells it for what is listed.
  await page.goto(`/product/${product.id}?store=${world.hosts[0].store_id}`)
  await page.locator('.big').getByText(/¥39\.00/).first().waitFor()
  assert.equal(await page.locator('.big s').count(), 0)
  unharmed(one)
})

test('a line with a forbidden word waits: its writer knows, the host lets it through, and then the room reads it', async () => {
  const room = world.live[0]
  await world.owner.put(`/brands/${world.brand}/forbidden-words`, { words: ['加微信'] })
  const [desk, one, other] = [await stage.visitor(phone), await stage.visitor(phone), await stage.visitor(phone)]
  await stage.logIn(desk, room.host)
  await desk.page.goto(`/host/live/${room.id}`)
  for (const viewer of [one, other]) {
    await viewer.page.goto(`/room/${room.id}`)
    await viewer.page.locator('.offer').waitFor()
  }
  const say = async (text) => {
    await one.page.locator('#say').fill(text)
    await one.page.locator('#say').press('Enter')
  }
  await say('怎么加微信')
  await one.page.getByText('这条消息要等主播放行').waitFor()
  await say('现在有货吗')
  await other.page.getByRole('log').getByText('现在有货吗').waitFor()
  assert.equal(await other.page.getByText('怎么加微信').count(), 0)
  await desk.page.getByRole('button', { name: /管理/ }).click()
  await desk.page.getByText('怎么加微信').waitFor()
  await desk.page.getByRole('button', { name: '放行' }).click()
  await other.page.getByRole('log').getByText('怎么加微信').waitFor()
  await say('再加微信')
  await desk.page.getByRole('button', { name: '不放' }).click()
  await one.page.getByText('你的一条消息没有放行').waitFor()
  unharmed(desk, one, other)
})

test('who opens a recruit link applies, is let in, learns, passes the quiz, and goes on air', async () => {
  const host = world.hosts[3]
  const tasks = `/brands/${world.brand}/training-tasks`
  await world.owner.post(tasks, { kind: 'lesson', title: '怎么讲一件商品', text: '先讲给谁用，再讲为什么。' })
  await world.owner.post(tasks, { kind: 'quiz', title: '三个规矩', questions: [{ text: '可以承诺疗效吗？', options: ['可以', '不可以'], right: 1 }, { text: '加入要交钱吗？', options: ['要', '不要'], right: 1 }] })
  const share = await host.client.post('/shares', { kind: 'recruit', channel: 'dm' })
  const one = await stage.visitor(phone)
  const { page } = one
  const person = await makeBuyer(world, 'newcomer', '新人')
  await stage.logIn(one, person)
  await page.goto(new URL(share.url, world.server.url).pathname)
  await page.getByText('不收任何费用').waitFor()
  await page.locator('#join-name').fill('新人')
  await page.locator('#join-phone').fill('13900002222')
  await page.getByRole('button', { name: '提交申请' }).click()
  await page.getByText('申请已提交，等待品牌审核。').waitFor()
  const [application] = (await world.owner.get(`/brands/${world.brand}/applications?decision=waits`)).items
  assert.equal(application.recruiter_id, host.id)
  await world.owner.post(`/agents/${application.agent_id}/approve`, { reason: '欢迎' })
  await page.reload()
  await page.getByText('申请已通过，完成培训后就能开播。').waitFor()
  await page.getByRole('link', { name: '主播工作台' }).click()
  await page.waitForURL('**/host/**')
  await page.goto('/host/training')
  await page.getByText('还差 2 项就能公开开播').waitFor()
  await page.getByRole('button', { name: /怎么讲一件商品/ }).click()
  await page.getByText('先讲给谁用').waitFor()
  await page.getByRole('button', { name: '我学完了' }).click()
  await page.getByText('还差 1 项就能公开开播').waitFor()
  await page.getByRole('button', { name: /三个规矩/ }).click()
  await page.getByRole('radio', { name: '不可以' }).check()
  await page.getByRole('radio', { name: '要', exact: true }).check()
  await page.getByRole('button', { name: '提交答案' }).click()
  await page.getByText('对了 1 题，共 2 题').waitFor()
  await page.getByRole('radio', { name: '不要' }).check()
  assert.deepEqual(await axeFindings(page), [])
  await page.getByRole('button', { name: '提交答案' }).click()
  await page.getByText(/都完成了/).waitFor()
  if ((await world.owner.get(`/agents/${application.agent_id}`)).state === 'training') await world.owner.post(`/agents/${application.agent_id}/state`, { state: 'active' })
  await page.goto('/host/open')
  await page.getByRole('button', { name: '下一步' }).click()
  await page.getByRole('button', { name: '以后再填' }).or(page.locator('.sticky-foot .button').first()).first().click()
  await page.getByRole('checkbox', { name: new RegExp(world.products[0].title) }).click()
  await page.locator('.sticky-foot .strong').click()
  await page.locator('.frame img').waitFor()
  await page.locator('.sticky-foot .strong').click()
  await page.getByRole('button', { name: /马上开播/ }).click()
  await page.getByRole('button', { name: '下播' }).waitFor()
  assert.ok((await world.owner.get(`/brands/${world.brand}/hall`)).on_air.some((room) => room.store_id === application.store_id), 'the newcomer is in the hall')
  unharmed(one)
})

test('a buyer takes their data along, sees what erasing means, and is erased', async () => {
  const one = await stage.visitor(phone)
  const buyer = await makeBuyer(world, 'leaving', '要走的人')
  await stage.logIn(one, buyer)
  const { page } = one
  await page.goto('/me')
  await page.getByRole('link', { name: '我的数据与隐私' }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: '下载文件' }).click()
  const kept = JSON.parse(readFileSync(await (await download).path(), 'utf8'))
  assert.ok(JSON.stringify(kept).includes('要走的人'))
  await page.getByRole('button', { name: '查看会发生什么' }).click()
  await page.getByRole('heading', { name: '会删除' }).waitFor()
  const erase = page.getByRole('button', { name: '删除我的账号' })
  assert.ok(await erase.isDisabled())
  await page.getByRole('checkbox', { name: /我明白/ }).check()
  assert.deepEqual(await axeFindings(page), [])
  await erase.click()
  const receipt = await page.locator('.receipt code').textContent()
  await world.moveTo(world.now() + 3_600_000)
  assert.match((await new Client(world.server.url).get(`/erasures/${receipt}`)).state, /done|partly/)
  await assert.rejects(() => new Client(world.server.url).post('/sessions', { login: 'leaving', password: 'leaving-password' }), /401|404/)
  unharmed(one)
})
