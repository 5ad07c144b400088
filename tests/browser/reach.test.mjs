// Reach in a real browser against a real server: the stream with its paid places, search, boards, promotion in four taps,
// where a host stands, how fair it was. Time stands still but where a test moves it, so that moments have their length.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { axeFindings, desk, go, layoutShift, phone, settled, smallTargets, tooWide } from './browser.mjs'
import { makeStage, unharmed } from './stage.mjs'
import { buy, Client, makeBuyer } from './world.mjs'

const promotions = []
let moment
const stage = makeStage({
  clock: '2026-03-01T12:00:00.000Z',
  async prepare(world) {
    // All six hosts on air, each with a promotion; the first room has explained something.
    for (const one of world.next.slice(4)) {
      await one.host.client.post(`/broadcasts/${one.id}/start`)
      world.live.push(one)
    }
    await world.moveTo(world.now() + 20_000)
    moment = await world.live[0].host.client.post(`/broadcasts/${world.live[0].id}/pins`, { product_id: world.products[1].id })
    for (const room of world.live) {
      await world.owner.post(`/brands/${world.brand}/wallet-credits`, { agent_id: room.host.id, amount_fen: 20_000, reason: '收款单 1' })
      promotions.push(await room.host.client.post(`/broadcasts/${room.id}/promotions`, { budget_fen: 5000, pace: 'fast' }))
    }
    await buy(world, await makeBuyer(world, 'first-buyer'), { store: world.live[0].store_id, broadcast: world.live[0].id, sku: world.products[3].skus[0].id })
    await world.moveTo(world.now() + 2_000)
  },
})
const cards = (page) => page.locator('.feed-card')

test('the stream: everything once, why it stands there, a paid place in six, seen and clicked as the report says', async () => {
  const { world } = stage
  const one = await stage.visitor()
  const { page } = one
  const told = []
  page.on('request', (request) => request.url().endsWith('/feed/views') && told.push(...request.postDataJSON().items))
  await page.goto('/')
  await page.getByRole('heading', { name: '为你推荐' }).scrollIntoViewIfNeeded()
  await cards(page).first().waitFor()
  for (let i = 0; i < 20 && !(await page.getByText('就这些了').isVisible()); ++i) {
    await cards(page).last().scrollIntoViewIfNeeded()
    await page.mouse.wheel(0, 800)
    await settled(page)
  }
  await page.getByText('就这些了').waitFor()
  const shown = await cards(page).evaluateAll((all) => all.map((card) => ({ to: card.querySelector('a').getAttribute('href'), paid: card.classList.contains('paid'), why: card.querySelector('.why')?.textContent ?? '' })))
  assert.equal(new Set(shown.map((card) => card.to)).size, shown.length, 'nothing twice')
  for (const room of world.live) assert.ok(shown.some((card) => card.to === `/room/${room.id}`), 'every room on air')
  assert.ok(shown.some((card) => card.to.includes(`product=${world.products[0].id}&t=`)), 'the moment of what was explained')
  for (const plan of world.next.slice(0, 4)) assert.ok(shown.some((card) => card.to === `/room/${plan.id}`), 'what is coming')
  const paid = shown.flatMap((card, i) => (card.paid ? [i] : []))
  assert.ok(paid.length > 0 && paid[0] === 4 && paid.every((at, i) => i === 0 || at - paid[i - 1] >= 6), `at most one in six: ${paid}`)
  assert.ok(paid.every((at) => shown[at].why === '推广'), 'and it says so')
  assert.ok(shown.every((card) => card.why), 'each says why')
  const card = page.locator('.feed-card.paid').first()
  const to = await card.locator('a').first().getAttribute('href')
  const bought = promotions.find((promotion) => to === `/room/${promotion.broadcast_id}`)
  await card.scrollIntoViewIfNeeded()
  await card.locator('a').first().click()
  await page.waitForURL(`**${to}`)
  await page.locator('.offer, .calm').first().waitFor()
  const after = await world.owner.get(`/promotions/${bought.id}`)
  assert.equal(after.clicks, 1, 'the click was sold')
  assert.equal(after.shown, 1)
  assert.ok(told.filter((deed) => deed.what === 'exposure').length >= 6, 'what was seen is told')
  assert.equal(new Set(told.map((deed) => `${deed.id} ${deed.what}`)).size, told.length, 'once')
  const report = await world.owner.get(`/promotions/${bought.id}/report`)
  for (const name of ['exposures', 'enters', 'clicks', 'orders', 'net_fen']) assert.equal(report.room.natural[name] + report.room.shared[name] + report.room.paid[name], report.room.total[name], name)
  unharmed(one)
})

test('a moment of the stream opens its room at that moment', async () => {
  const { world } = stage
  const one = await stage.visitor()
  const { page } = one
  await page.goto('/')
  await page.getByRole('heading', { name: '为你推荐' }).scrollIntoViewIfNeeded()
  const card = page.locator('.feed-card.pin').first()
  for (let i = 0; i < 10 && !(await card.count()); ++i) await page.mouse.wheel(0, 900)
  await card.scrollIntoViewIfNeeded()
  const sent = page.waitForRequest((request) => request.url().endsWith('/feed/views') && request.postDataJSON().items.some((deed) => deed.what === 'enter'))
  await card.locator('a').first().click()
  await page.waitForURL(`**/room/${world.live[0].id}?product=${world.products[0].id}&t=*`)
  const deeds = (await sent).postDataJSON().items.filter((deed) => deed.id !== moment.id)
  assert.deepEqual(new Set(deeds.slice(-2).map((deed) => deed.what)), new Set(['exposure', 'enter']))
  unharmed(one)
})

test('search finds while one types, says when there is nothing, and goes on after the network was away', async () => {
  const { world } = stage
  const one = await stage.visitor()
  const { page } = one
  await page.goto('/')
  await page.getByRole('link', { name: '搜商品、直播间、主播' }).click()
  const field = page.getByRole('searchbox')
  await page.waitForFunction(() => document.activeElement?.getAttribute('type') === 'search')
  await page.getByRole('heading', { name: '正在直播' }).waitFor()
  // What hosts talk about now is one tap away from its results.
  await page.getByRole('region', { name: '主播正在讲' }).getByRole('button').first().click()
  await page.getByRole('heading', { name: '商品' }).waitFor()
  await field.fill('面霜')
  await page.getByRole('link', { name: new RegExp(world.products[0].title) }).first().waitFor()
  await page.getByRole('heading', { name: '讲解片段' }).waitFor()
  await field.fill('董涛')
  await page.getByRole('heading', { name: '主播' }).waitFor()
  await page.getByRole('link', { name: /董涛严选/ }).first().click()
  await page.waitForURL('**/room/*')
  await page.goBack()
  assert.equal(await page.getByRole('searchbox').inputValue(), '董涛', 'the address keeps what was searched')
  await page.getByRole('searchbox').fill('kitchn')
  await page.getByRole('link', { name: /Wei’s Kitchen|Chen Wei/ }).first().waitFor()
  await page.getByRole('searchbox').fill('没有这样的东西呀')
  await page.getByText('没有找到“没有这样的东西呀”').waitFor()
  await page.getByRole('button', { name: '清空' }).click()
  await page.getByRole('button', { name: '董涛', exact: true }).waitFor()
  await one.context.setOffline(true)
  await page.getByRole('searchbox').fill('绿茶')
  const retry = page.getByRole('main').getByRole('alert').getByRole('button').or(page.locator('.error-state button'))
  await retry.first().waitFor()
  await one.context.setOffline(false)
  await retry.first().click()
  await page.getByRole('link', { name: new RegExp(world.products[3].title) }).first().waitFor()
  assert.deepEqual(one.faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED|Failed to load/.test(fault)), [])
})

test('the boards of a day: three of them, by day and by region', async () => {
  const { world } = stage
  const one = await stage.visitor()
  const { page } = one
  await page.goto('/')
  await page.getByRole('link', { name: '完整榜单' }).click()
  await page.getByRole('heading', { name: '主播榜', exact: true }).waitFor() // not the hall's 今日主播榜, which goes when it comes
  await page.getByRole('listitem').filter({ hasText: world.hosts[0].name }).waitFor()
  await page.getByRole('combobox', { name: '地区' }).selectOption('浙江杭州')
  await page.waitForURL('**region=*')
  await page.getByRole('listitem').filter({ hasText: world.hosts[0].name }).waitFor()
  await page.getByRole('button', { name: '拉新榜' }).click()
  await page.getByText('1 位新客').waitFor()
  await page.getByRole('button', { name: '昨天' }).click()
  await page.getByText('这一天还没有上榜的主播').waitFor()
  unharmed(one)
})

test('a host promotes their room in four taps while it is on air, and gets the rest back', async () => {
  const { world } = stage
  const room = world.live[1]
  const one = await stage.visitor(phone)
  await stage.logIn(one, room.host)
  const { page } = one
  await page.goto(`/host/live/${room.id}`)
  let taps = 0
  const tap = async (target) => {
    ++taps
    await target.tap()
  }
  await tap(page.getByRole('link', { name: '推广' }))
  await tap(page.getByRole('button', { name: '更多订单' }))
  await tap(page.getByRole('button', { name: '¥50', exact: true }))
  await tap(page.getByRole('button', { name: '推广 ¥50.00' }))
  await page.getByText('已购买，正在投放').waitFor()
  assert.equal(taps, 4)
  const of = `/broadcasts/${room.id}/promotions`
  const [made] = (await room.host.client.get(of)).items
  assert.deepEqual([made.objective, made.budget_fen, made.pace, made.delivering], ['order', 5000, 'smooth', true])
  const run = page.locator('.run').filter({ hasText: '更多订单' })
  await run.getByText('投放中').waitFor()
  await run.getByRole('button', { name: '暂停' }).tap()
  await run.getByText('已暂停').waitFor()
  await run.getByRole('button', { name: '停止并退款' }).tap()
  await run.getByText('退回 ¥50.00').waitFor()
  await page.getByRole('button', { name: /推广钱包.*¥150\.00/ }).tap()
  await page.getByText('推广退回').first().waitFor()
  // More than there is: said in words, and nothing bought.
  await page.getByRole('button', { name: '¥1,000', exact: true }).tap()
  await page.getByRole('button', { name: '推广 ¥1,000.00' }).tap()
  await page.getByRole('alert').waitFor()
  assert.equal((await room.host.client.get(of)).items.length, 2)
  const columns = await page.locator('table tbody tr').evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].slice(0, 4).map((cell) => Number(cell.textContent))))
  for (const at of [0, 1, 2, 3]) assert.equal(columns[0][at] + columns[1][at] + columns[2][at], columns[3][at], 'natural, shared and paid add up')
  assert.deepEqual(one.faults.filter((fault) => !/409/.test(fault)), [])
})

test('a host sees their pool, quota, terms and what would lift them', async () => {
  const { world } = stage
  const one = await stage.visitor(phone)
  await stage.logIn(one, world.hosts[0])
  const { page } = one
  // Somebody is shown the room and buys, so that there is something to see.
  const buyer = await makeBuyer(world, 'seen-by')
  const feed = await buyer.client.get(`/brands/${world.brand}/feed?limit=20`)
  const item = feed.items.find((entry) => entry.kind === 'room' && entry.id === world.live[0].id && !entry.paid)
  if (item) await buyer.client.post('/feed/views', { feed: feed.feed, items: [{ id: item.id, what: 'exposure' }] })
  await world.moveTo(world.now() + 3_000)
  await page.goto('/host/more')
  await page.getByRole('link', { name: '我的流量' }).click()
  await page.getByText('第 1 级', { exact: true }).first().waitFor()
  const standing = (await world.hosts[0].client.get(`/stores/${world.hosts[0].store_id}/standings`)).items.find((entry) => entry.kind === 'room')
  await page.getByText(`已用 ${standing.used} / ${standing.quota}`).first().waitFor()
  assert.equal(standing.terms.reduce((sum, term) => sum + term.score_milli, 0), standing.score_milli)
  await page.getByText('怎样能升级', { exact: true }).waitFor()
  unharmed(one)
})

test('the desk sees how exposures spread, what was promoted, and tops up a wallet', async () => {
  const { world } = stage
  const one = await stage.visitor({ ...desk, locale: 'zh-CN' })
  await stage.logIn(one, world.founder)
  const { page } = one
  await go(page, `/brand/${world.brand}/fair`)
  const fair = await world.owner.get(`/brands/${world.brand}/feed/fairness?days=7`)
  await page.getByText((fair.gini_bp / 10000).toFixed(2), { exact: true }).waitFor()
  await page.getByText('已保证').waitFor()
  await page.locator('figure canvas').waitFor()
  assert.equal(await page.locator('table caption + thead + tbody tr').count(), fair.lorenz_bp.length, 'the curve stands there as a table, too')
  // The weights are the brand's: a new version, which the hosts' pages read, too.
  const rules = page.locator('form.rules')
  await rules.getByLabel('下单', { exact: true }).fill('120')
  await rules.getByLabel('曝光次数').first().fill('5000')
  await rules.getByText('配额要一级比一级大').waitFor()
  await rules.getByLabel('曝光次数').first().fill('200')
  await rules.getByRole('button', { name: '保存' }).click()
  await page.getByText('版本 1', { exact: true }).waitFor()
  assert.equal((await world.hosts[3].client.get(`/brands/${world.brand}/feed/rules`)).weights.order, 120)
  await go(page, `/brand/${world.brand}/promotions`)
  await page.getByRole('row').filter({ hasText: world.hosts[3].name }).getByRole('button', { name: '报告' }).click()
  await page.getByRole('dialog').getByRole('row', { name: /^合计/ }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('tab', { name: '钱包' }).click()
  await page.getByRole('row').filter({ hasText: world.hosts[2].name }).getByRole('button', { name: '充值' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('金额').fill('88')
  await dialog.getByLabel('原因，例如收款凭证号').fill('收款单 2')
  await dialog.locator('button[type=submit], .strong').last().click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('row').filter({ hasText: world.hosts[2].name }).getByText('¥238.00').waitFor()
  unharmed(one)
})

test('ten hosts who buy from each other, five accounts of one browser and a refund spree move neither score nor board, and the audit says why', async () => {
  const { world } = stage
  const host = world.hosts[2]
  const [owner, sku] = [world.owner, world.products[8].skus[0].id]
  const receive = async (client, stars) => {
    const order = await buy(world, { client }, { store: host.store_id, sku })
    await host.client.post(`/orders/${order.id}/ship`, { carrier: '顺丰速运', tracking_number: order.id })
    await client.post(`/orders/${order.id}/receive`)
    await client.post(`/orders/${order.id}/reviews`, { line: 0, stars, words: '' })
  }
  for (const login of ['honest-one', 'honest-two']) await receive((await makeBuyer(world, login)).client, 4)
  const look = async () => {
    await world.moveTo(world.now() + 10 * 60_000)
    const board = async (by) => (await owner.get(`/brands/${world.brand}/leaderboard?by=${by}`)).items.find((row) => row.store_id === host.store_id)
    const score = await owner.get(`/stores/${host.store_id}/score`)
    return { score: score.score, lines: score.rated_lines, paid: (await board('paid')).at_least_fen, buyers: (await board('new_buyers')).new_buyers_at_least }
  }
  const before = await look()
  const ring = world.hosts.filter((one) => one !== host).map((one) => one.client)
  for (let i = 0; ring.length < 10; ++i) {
    const agent = await owner.post(`/brands/${world.brand}/agents`, { code: `R${i}`, name: `Ring ${i}`, store: `Ring ${i}`, region: '上海', phone: '13800000000', parent_id: null })
    const { invite_token } = await owner.post(`/agents/${agent.id}/invite`)
    const session = await new Client(world.server.url).post('/invites/accept', { token: invite_token, login: `ring${i}`, password: 'ring-password' })
    ring.push(new Client(world.server.url, session.token))
  }
  for (const client of ring) await receive(client, 5)
  let cookie = ''
  for (let i = 0; i < 5; ++i) {
    const answer = await fetch(`${world.server.url}/api/v1/persons`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...(cookie ? { Cookie: cookie } : {}) }, body: JSON.stringify({ login: `many${i}`, password: 'many-password', name: 'Many' }) })
    cookie ||= answer.headers.getSetCookie().find((one) => one.startsWith('lb_device='))?.split(';')[0] ?? ''
    await receive(new Client(world.server.url, (await answer.json()).token), 5)
  }
  assert.ok(cookie, 'a browser is known again')
  const spree = (await makeBuyer(world, 'spree')).client
  for (let i = 0; i < 5; ++i) {
    const order = await buy(world, { client: spree }, { store: host.store_id, sku })
    const asked = await spree.post(`/orders/${order.id}/after-sales`, { line: 0, kind: 'refund_only', qty: 1, amount_fen: 3680, reason: '不要了' })
    await owner.post(`/after-sales/${asked.id}/approve`)
  }
  assert.deepEqual(await look(), before)
  const out = (await host.client.get(`/stores/${host.store_id}/score/left-out`)).items
  const why = Object.groupBy ? Object.groupBy(out, (one) => one.why) : out.reduce((all, one) => ({ ...all, [one.why]: [...(all[one.why] ?? []), one] }), {})
  assert.equal(why.agent?.length, 10)
  assert.equal(why.device?.length, 5)
  assert.ok(out.every((one) => one.says), 'in words')
})

test('no serious finding of axe-core, nothing too wide, too small or moving, in both languages, light and dark', async () => {
  const { world } = stage
  const faults = []
  const host = world.hosts[1]
  const pages = [
    ['shop', '/search', null],
    ['shop', '/search?q=%E7%BB%BF%E8%8C%B6', null],
    ['shop', '/boards', null],
    ['host', `/host/live/${world.live[1].id}/promote`, host],
    ['host', '/host/reach', host],
    ['brand', `/brand/${world.brand}/fair`, world.founder],
    ['brand', `/brand/${world.brand}/promotions`, world.founder],
  ]
  for (const [size, colorScheme, locale] of [[phone, 'light', 'zh-CN'], [phone, 'dark', 'en-US'], [desk, 'dark', 'zh-CN'], [desk, 'light', 'en-US']]) {
    const some = new Map()
    for (const [entry, path, account] of pages) {
      if (!some.has(entry)) {
        const fresh = await stage.visitor({ ...size, colorScheme, locale })
        if (account) await stage.logIn(fresh, account)
        some.set(entry, fresh)
      }
      const { page } = some.get(entry)
      await page.goto(path)
      await settled(page)
      const name = `${path} ${size === phone ? 390 : 1440} ${colorScheme} ${locale}`
      for (const finding of await axeFindings(page)) faults.push(`${name}: ${JSON.stringify(finding)}`)
      const shift = await layoutShift(page)
      if (shift.sum >= 0.1) faults.push(`${name}: moved by ${shift.sum.toFixed(3)}: ${shift.by.join('; ')}`)
      for (const wide of await tooWide(page)) faults.push(`${name}: too wide: ${JSON.stringify(wide)}`)
      if (size === phone) for (const small of await smallTargets(page, entry === 'brand' ? 24 : 40)) faults.push(`${name}: too small to tap: ${JSON.stringify(small)}`)
    }
    unharmed(...some.values())
  }
  assert.deepEqual(faults, [])
})
