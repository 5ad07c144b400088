// Why to believe, as buyers see it: what others wrote of what they received, a store's score with its formula, whom one
// follows, whom one knows that bought it, and the one tap in the room.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { axeFindings, desk, pageFaults, phone, smallTargets } from './browser.mjs'
import { makeStage, unharmed } from './stage.mjs'
import { buy, fillDay, fillTrust, makeBuyer } from './world.mjs'

let world
let day
let trust
const stage = makeStage({
  prepare: async (made) => {
    world = made
    day = await fillDay(made)
    trust = await fillTrust(made)
  },
})
const { visitor, logIn } = stage
const store = () => world.hosts[0].store_id

test('what was received is reviewed once, with stars by keys; everybody reads it, the name masked', async () => {
  const one = await visitor()
  await logIn(one, day.buyer)
  const { page } = one
  await page.goto(`/orders/${day.paidOrder.id}`)
  await page.getByRole('heading', { name: '已付款' }).waitFor()
  assert.equal(await page.getByRole('button', { name: /^评价/ }).count(), 0, 'not before it was received')
  await page.goto(`/orders/${day.receivedOrder.id}`)
  await page.getByRole('button', { name: `评价 ${world.products[8].title}` }).click()
  const sheet = page.getByRole('dialog', { name: '写评价' })
  assert.ok(await sheet.getByRole('button', { name: '发布评价' }).isDisabled(), 'no stars, no review')
  await sheet.getByRole('radio', { name: '5 星' }).focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('ArrowLeft')
  assert.ok(await sheet.getByRole('radio', { name: '4 星' }).isChecked())
  await sheet.locator('#review-words').fill('煮得很快，\n孩子爱吃。')
  assert.deepEqual(await axeFindings(page), [])
  await sheet.getByRole('button', { name: '发布评价' }).click()
  await page.getByText('已评价', { exact: true }).waitFor()
  await page.reload()
  await page.getByText('已评价', { exact: true }).waitFor()
  await page.locator('.written').getByText('孩子爱吃').waitFor()

  const other = await visitor({ ...phone, locale: 'en-US' })
  await other.page.goto(`/product/${world.products[8].id}?store=${store()}`)
  const review = other.page.locator('.reviews li', { hasText: '煮得很快，' })
  await review.getByRole('img', { name: '4 stars of 5' }).waitFor()
  await review.getByText('Bought and received').waitFor()
  assert.equal(await review.getByText('小满').count(), 0, 'the name is masked')
  const told = (await world.owner.get(`/products/${world.products[8].id}/reviews`)).summary
  await other.page.locator('.sum').getByText(`${told.count} reviews`).waitFor()
  assert.equal(await other.page.locator('.sum b').textContent(), (told.stars / told.count).toFixed(1))
  await review.getByText('春梅的好物铺').waitFor()
  const before = await other.page.locator('.reviews li').count()
  await other.page.getByRole('button', { name: 'More reviews' }).click()
  await other.page.waitForFunction((n) => document.querySelectorAll('.reviews li').length > n, before)
  unharmed(one, other)
})

test('a review that was written elsewhere is not written twice', async () => {
  const buyer = await makeBuyer(world, 'two-phones')
  const order = await buy(world, buyer, { store: store(), sku: world.products[8].skus[0].id })
  await world.hosts[0].client.post(`/orders/${order.id}/ship`, { carrier: '顺丰速运', tracking_number: 'SF61' })
  await buyer.client.post(`/orders/${order.id}/receive`)
  const one = await visitor()
  await logIn(one, buyer)
  const { page } = one
  await page.goto(`/orders/${order.id}`)
  await page.getByRole('button', { name: /^评价/ }).click()
  await buyer.client.post(`/orders/${order.id}/reviews`, { line: 0, stars: 5 })
  await page.getByRole('radio', { name: '2 星' }).check({ force: true })
  await page.getByRole('button', { name: '发布评价' }).click()
  await page.getByText('你已经评价过了').waitFor()
  await page.getByText('已评价', { exact: true }).waitFor()
  unharmed(one)
})

test('the score’s parts add up to it on the page, with the formula, in both languages; a small store is new', async () => {
  for (const [locale, words] of [['zh-CN', ['分数怎么算', '总分为各项之和']], ['en-US', ['How it is counted', 'the score is their sum']]]) {
    const one = await visitor({ ...phone, locale })
    const { page } = one
    await page.goto(`/store/${store()}`)
    await page.locator('.believe a').click()
    await page.locator('.score').waitFor()
    const told = await world.owner.get(`/stores/${store()}/score`)
    assert.equal(await page.locator('.score .big b').textContent(), String(told.score))
    const points = (await page.locator('.score li .points').allTextContents()).map((text) => Number(/[\d.]+/.exec(text)[0]))
    assert.equal(Math.round(points.reduce((sum, n) => sum + n, 0)), told.score, 'the parts add up')
    await page.getByText(words[0]).click()
    await page.getByText(words[1]).waitFor()
    assert.deepEqual(await axeFindings(page), [])
    await page.goto(`/store/${world.hosts[2].store_id}/score`)
    await page.getByText(locale === 'zh-CN' ? '新店' : 'New store').first().waitFor()
    // Also a store that was known before is told why it is new again.
    await page.getByText(locale === 'zh-CN' ? '全额退款的不计入' : 'Items refunded in full do not count').waitFor()
    await page.getByText(locale === 'zh-CN' ? '还没有评价' : 'No reviews yet', { exact: true }).waitFor()
    unharmed(one)
  }
})

test('a host is followed and unfollowed; a guest logs in first; who is on air stands first in the list', async () => {
  const one = await visitor()
  const buyer = await makeBuyer(world, 'follower')
  const { page } = one
  await page.goto(`/store/${world.hosts[4].store_id}`)
  await page.getByRole('button', { name: `关注 ${world.hosts[4].name}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('#login-name').fill(buyer.login)
  await dialog.locator('#login-password').fill(buyer.password)
  await dialog.getByRole('button', { name: '登录', exact: true }).click()
  await page.getByRole('button', { name: `取消关注 ${world.hosts[4].name}` }).waitFor()
  await page.getByText('1 人关注').waitFor()
  await buyer.client.put(`/stores/${store()}/follow`)
  await page.goto('/me')
  await page.getByRole('link', { name: '我的关注' }).click()
  await page.locator('li.card').first().getByText('直播中').waitFor()
  assert.equal(await page.locator('li.card').first().locator('a').getAttribute('href'), `/room/${world.live[0].id}`)
  await page.getByRole('button', { name: `取消关注 ${world.hosts[4].name}` }).click()
  await page.getByRole('button', { name: `关注 ${world.hosts[4].name}` }).waitFor()
  assert.deepEqual((await buyer.client.get('/me/follows')).items.map((item) => item.store_id), [store()])
  unharmed(one)
})

test('people one knows who bought it are counted; names only of those who agreed', async () => {
  const [seer, friend] = [day.buyer, day.friends[0]]
  const one = await visitor()
  await logIn(one, seer)
  const bought = `/product/${world.products[4].id}?store=${store()}`
  await one.page.goto(bought)
  const line = one.page.locator('.facts p', { hasText: '你认识的人买过' })
  await line.getByText(/^\d+ 位你认识的人买过/).waitFor()
  assert.equal(await line.getByText('林悦').count(), 0)

  const other = await visitor()
  await logIn(other, friend)
  await other.page.goto('/me')
  const consent = other.page.getByRole('switch', { name: /让认识的人看到我买过/ })
  await other.page.locator('[role=switch]:not(:disabled)').waitFor()
  assert.equal(await consent.getAttribute('aria-checked'), 'false', 'off until they say so')
  await consent.click()
  await other.page.locator('[role=switch][aria-checked=true]').waitFor()
  await other.page.reload()
  await other.page.locator('[role=switch][aria-checked=true]').waitFor()
  await one.page.reload()
  await line.getByText(/林悦/).waitFor()
  await consent.click()
  await other.page.locator('[role=switch][aria-checked=false]').waitFor()
  await one.page.reload()
  await line.waitFor()
  assert.equal(await line.getByText('林悦').count(), 0, 'taken back at once')

  const guest = await visitor()
  await guest.page.goto(bought)
  await guest.page.locator('.trust .facts').waitFor()
  assert.equal(await guest.page.getByText('你认识的人').count(), 0, 'a guest knows nobody')
  unharmed(one, other, guest)
})

test('who brought the visitor is on their page, with what it means, and who earns stands beside the total', async () => {
  const buyer = await makeBuyer(world, 'brought')
  const [seller, bringer, late] = [world.hosts[0], world.hosts[1], world.hosts[2]]
  const one = await visitor()
  await logIn(one, buyer)
  const { page } = one
  const row = page.getByRole('button', { name: /带你来的主播/ })
  await page.goto('/me')
  await row.click()
  await page.getByRole('dialog').getByText('现在没有。').waitFor()
  // The first link holds for its days; another's does not change it.
  for (const host of [bringer, late]) {
    const share = await host.client.post('/shares', { kind: 'store', channel: 'dm', store_id: host.store_id })
    await page.goto(new URL(share.url, world.server.url).href)
  }
  await page.goto('/me')
  await page.getByRole('button', { name: `带你来的主播 ${bringer.name}` }).click()
  const sheet = page.getByRole('dialog')
  const { lock } = await buyer.client.get(`/brands/${world.brand}/lock`)
  assert.equal(lock.agent_name, bringer.name)
  const dayOf = (at) => new Intl.DateTimeFormat('zh-CN', { month: 'short', day: 'numeric', timeZone: 'Asia/Shanghai' }).format(new Date(at))
  await sheet.getByText(`到 ${dayOf(lock.expires_at)} 为止`).waitFor()
  await sheet.getByText(`${dayOf(lock.protect_until)} 之前，打开别人的分享不会改变它`).waitFor()
  assert.deepEqual([...(await axeFindings(page)), ...(await smallTargets(page))], [])
  await sheet.getByRole('link', { name: bringer.name }).click()
  await page.waitForURL(`**/store/${bringer.store_id}`)
  // In another store: the host earns, and so does who brought them; at the bringer's own, one and the same.
  for (const [host, words] of [[seller, `这单的主播佣金归店主 ${seller.name}，推广佣金归带你来的 ${bringer.name}。`], [bringer, `这单的佣金归 ${bringer.name}：既是店主，也是带你来的主播。`]]) {
    await page.goto(`/product/${world.products[3].id}?store=${host.store_id}`)
    await page.getByRole('button', { name: '立即购买' }).click()
    await page.locator('.earns').getByText(words).waitFor()
    await page.locator('.earns').getByText('不影响你付的价格。').waitFor()
  }
  unharmed(one)
})

test('in the room, one tap: level, guarantee, next broadcast, my orders here', async () => {
  const one = await visitor()
  await logIn(one, day.buyer)
  const { page } = one
  await page.goto(`/room/${world.live[0].id}`)
  await page.locator('button.host').click()
  const sheet = page.getByRole('dialog')
  await sheet.getByText(/级店铺/).waitFor()
  await sheet.getByText('假一赔十').waitFor()
  await sheet.getByText(world.next[0].title).waitFor()
  await sheet.getByText(world.products[3].title).waitFor()
  assert.deepEqual(await axeFindings(page), [])
  await sheet.getByRole('button', { name: `关注 ${world.hosts[0].name}` }).click()
  await sheet.getByRole('button', { name: `取消关注 ${world.hosts[0].name}` }).waitFor()
  await sheet.getByRole('link', { name: /店铺评分/ }).click()
  await page.locator('.score').waitFor()
  unharmed(one)
})

test('no network: the pages say so, and come when it is back', async () => {
  const one = await visitor()
  const { page } = one
  await page.route('**/api/v1/stores/*/score', (route) => route.abort())
  await page.goto(`/store/${store()}/score`)
  await page.getByRole('button', { name: '重试' }).waitFor()
  await page.unroute('**/api/v1/stores/*/score')
  await page.getByRole('button', { name: '重试' }).click()
  await page.locator('.score').waitFor()
  await page.route('**/api/v1/products/*/reviews*', (route) => route.abort())
  await page.goto(`/product/${world.products[8].id}?store=${store()}`)
  await page.getByText('评价没有加载出来').waitFor()
  await page.unroute('**/api/v1/products/*/reviews*')
  await page.locator('.failed button').click()
  await page.locator('.reviews li').first().waitFor()
  unharmed(one)
})

test('the pages of trust: no serious finding, light and dark; a thumb hits everything; nothing jumps', async () => {
  const found = await stage.sweep([{ ...phone, colorScheme: 'light' }, { ...phone, colorScheme: 'dark' }, { ...desk, colorScheme: 'light' }], trust.reviewers[0], [`/store/${store()}`, `/store/${store()}/score`, `/product/${world.products[8].id}?store=${store()}`, '/me', '/me/follows'], ({ page }, path, options) => pageFaults(page, path, options), 1)
  assert.deepEqual(found, [])
})
