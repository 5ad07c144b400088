// The host's pages, for ./dev shots.
import { go } from './browser.mjs'
import { receivedOrder, until } from './brand_day.mjs'
import { fillMedia } from './media_day.mjs'
import { makeBuyer, makeHost } from './world.mjs'

const host = (world) => world.hosts[0]
const lines = ['主播晚上好', '这个适合敏感肌吗？', '上次买的已经用完了，来回购', 'Does it ship to Shanghai?', '好的，谢谢主播', '已经下单啦']
// A guest who says a few things in the first room, once.
async function talk(page, world) {
  if (world.talked) return
  world.talked = true
  const guest = await page.context().browser().newContext({ baseURL: world.server.url, locale: 'zh-CN' })
  const room = await guest.newPage()
  await room.goto(`/room/${world.live[0].id}`)
  for (const line of lines) {
    await room.locator('#say').fill(line)
    await room.locator('#say').press('Enter')
    await room.getByRole('log').getByText(line).last().waitFor()
  }
  await guest.close()
}
export default [
  { name: 'login', open: (page) => go(page, '/host/login') },
  { name: 'invite', open: (page) => go(page, '/host/invite/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq') },
  { name: 'none', as: (world) => world.day.buyer, open: (page) => go(page, '/host/') },
  { name: 'open-1', as: host, open: (page) => go(page, '/host/open') },
  { name: 'open-2', as: host, async open(page) { await go(page, '/host/open'); await page.locator('.sticky-foot .strong').click() } },
  { name: 'open-3', as: host, async open(page) { await go(page, '/host/open'); await page.locator('.sticky-foot .strong').click(); await page.locator('.sticky-foot .button').first().click(); await page.locator('.tile').nth(1).click(); await page.locator('.tile').nth(2).click() } },
  { name: 'open-4', as: host, async open(page) { await go(page, '/host/open'); await page.locator('.sticky-foot .strong').click(); await page.locator('.sticky-foot .button').first().click(); await page.locator('.tile').nth(1).click(); await page.locator('.sticky-foot .strong').click(); await page.locator('.frame img').waitFor() } },
  { name: 'open-5', as: host, async open(page) { await go(page, '/host/open'); await page.locator('.sticky-foot .strong').click(); await page.locator('.sticky-foot .button').first().click(); await page.locator('.tile').nth(1).click(); await page.locator('.sticky-foot .strong').click(); await page.locator('.frame img').waitFor(); await page.locator('.sticky-foot .strong').click() } },
  { name: 'today', as: host, open: (page) => go(page, '/host/') },
  { name: 'today-empty', as: (world) => world.hosts[5], open: (page) => go(page, '/host/') },
  { name: 'live', as: (world) => world.hosts[4], open: (page) => go(page, '/host/live') },
  { name: 'prepare-new', as: host, open: (page) => go(page, '/host/live/new') },
  { name: 'prepare-pick', as: host, async open(page) { await go(page, '/host/live/new'); await page.locator('.empty-state .button').click(); await page.locator('.tile').nth(2).click(); await page.locator('.tile').nth(0).click() } },
  { name: 'prepare-edit', as: host, async before(world) { await world.hosts[0].client.put(`/broadcasts/${world.next[0].id}/notes/${world.products[2].id}`, { text: '一盒十片，敷 15 分钟。\n今晚比平时便宜 10 块。' }) }, async open(page, world) { await go(page, `/host/live/${world.next[0].id}/edit`); await page.locator('.points').first().click() } },
  { name: 'scheduled', as: host, open: (page, world) => go(page, `/host/live/${world.next[0].id}`) },
  { name: 'air', as: host, async before(world) { await world.hosts[0].client.put(`/broadcasts/${world.live[0].id}/notes/${world.products[0].id}`, { text: '质地轻润，敏感肌也能用。\n100g 装今晚立减，先讲价格。' }) }, async open(page, world) { await talk(page, world); await go(page, `/host/live/${world.live[0].id}`) } },
  { name: 'air-offers', as: host, async open(page, world) { await go(page, `/host/live/${world.live[0].id}`); await page.locator('.offers').first().click() } },
  { name: 'air-bag', as: host, async open(page, world) { await go(page, `/host/live/${world.live[0].id}`); await page.locator('.offers').first().click(); await page.locator('#offer .seg').first().locator('button').nth(2).click(); await page.locator('#offer .seg').nth(1).locator('button').nth(1).click() } },
  { name: 'air-people', as: host, sizes: ['390'], async open(page, world) { await go(page, `/host/live/${world.live[0].id}`); await page.locator('.tabs button').nth(3).click() } },
  { name: 'air-end', as: host, async open(page, world) { await go(page, `/host/live/${world.live[0].id}`); await page.locator('.end').click() } },
  { name: 'air-chat', as: host, sizes: ['390'], async open(page, world) { await go(page, `/host/live/${world.live[0].id}`); await page.locator('.tabs button').nth(1).click() } },
  { name: 'air-mark', as: host, async open(page, world) { await go(page, `/host/live/${world.live[0].id}`); await page.locator('.tabs button').nth(1).click({ timeout: 1500 }).catch(() => 0); await page.locator('.crew-chat li button').nth(1).click() } },
  { name: 'air-orders', as: host, sizes: ['390'], async open(page, world) { await go(page, `/host/live/${world.live[0].id}`); await page.locator('.tabs button').nth(2).click() } },
  { name: 'results', as: (world) => world.hosts[1], async open(page, world) { await go(page, `/host/live/${world.live[1].id}/results`) } },
  { name: 'orders', as: host, open: (page) => go(page, '/host/orders') },
  { name: 'order', as: host, open: (page, world) => go(page, `/host/orders/${world.day.paidOrder.id}`) },
  { name: 'order-sale', as: host, open: (page, world) => go(page, `/host/orders/${world.day.shippedOrder.id}`) },
  { name: 'customers', as: host, open: (page) => go(page, '/host/customers') },
  { name: 'customers-bought', as: host, async open(page) { await go(page, '/host/customers'); await page.locator('.seg button').nth(1).click() } },
  { name: 'earnings', as: host, open: (page) => go(page, '/host/earnings') },
  { name: 'why', as: host, async open(page) { await go(page, '/host/earnings'); await page.locator('.entry').first().click(); await page.locator('.path').waitFor() } },
  {
    name: 'settlement',
    as: (world) => world.hosts[2],
    async before(world) {
      const agent = world.hosts[2]
      await world.owner.put(`/brands/${world.brand}/plans`, { scope: 'agent', scope_id: agent.id, host_bp: 1500, promoter_bp: 0, freeze_days: 0 })
      const buyer = await makeBuyer(world, 'settled', '沈白')
      for (const product of [8, 4, 5]) await receivedOrder(world, buyer, agent, world.products[product].skus[0].id, 1)
      await until(async () => (await world.owner.get(`/agents/${agent.id}/entries`)).items.filter((one) => one.state === 'available').length >= 3, 'the commission is due')
      await world.owner.put(`/brands/${world.brand}/money-rules`, { settlement_approval: 'never' })
      await world.owner.post(`/brands/${world.brand}/settlements`, { cutoff_at: new Date().toISOString() })
      world.settled = (await agent.client.get(`/agents/${agent.id}/settlements`)).items[0]
    },
    open: (page, world) => go(page, `/host/settlements/${world.settled.id}`),
  },
  { name: 'earnings-settled', as: (world) => world.hosts[2], open: (page) => go(page, '/host/earnings') },
  { name: 'login-again', as: host, async open(page, world) { await go(page, '/host/'); await page.context().clearCookies(); await page.locator('.row-link').first().click() } },
  { name: 'missing', as: host, open: (page) => go(page, '/host/nowhere') },
  { name: 'offline', as: host, sizes: ['390'], async open(page) { await go(page, '/host/'); await page.context().setOffline(true); await page.locator('a[href$="/earnings"]').last().click() } },
  { name: 'shares', as: host, async before(world) { await world.hosts[0].client.post('/shares', { kind: 'store', channel: 'dm', store_id: world.hosts[0].store_id }) }, open: (page) => go(page, '/host/shares') },
  { name: 'score', as: host, open: (page) => go(page, '/host/score') },
  { name: 'score-new', as: (world) => world.hosts[3], open: (page) => go(page, '/host/score') },
  {
    name: 'team',
    as: host,
    async before(world) {
      await world.owner.post(`/brands/${world.brand}/training-tasks`, { kind: 'lesson', title: '怎么讲一件商品', text: '先讲给谁用，再讲为什么，最后说价格。\n不承诺疗效，不和别家比。' })
      await world.owner.post(`/brands/${world.brand}/training-tasks`, { kind: 'quiz', title: '三个规矩', questions: [{ text: '可以承诺疗效吗？', options: ['可以', '不可以'], right: 1 }, { text: '加入要交钱吗？', options: ['要', '不要'], right: 1 }] })
      await world.owner.post(`/brands/${world.brand}/training-tasks`, { kind: 'rehearsal', title: '试播一次', rehearsal_minutes: 5 })
      const share = await world.hosts[0].client.post('/shares', { kind: 'recruit', channel: 'dm' })
      world.recruits = []
      for (const [i, name] of ['何田田', '罗一', '唐果'].entries()) {
        const person = await makeBuyer(world, `recruit${i}`, name)
        const { agent_id } = await person.client.post(`/brands/${world.brand}/applications`, { name, phone: `1390000333${i}`, share_token: share.url.split('/').pop() })
        if (i === 0) await world.owner.post(`/agents/${agent_id}/approve`, { reason: '欢迎' })
        if (i === 1) await world.owner.post(`/agents/${agent_id}/refuse`, { reason: '资料不全，请补充后再申请' })
        world.recruits.push(person)
      }
    },
    open: (page) => go(page, '/host/team'),
  },
  { name: 'training', as: (world) => world.recruits[0], open: (page) => go(page, '/host/training') },
  { name: 'training-quiz', as: (world) => world.recruits[0], async open(page) { await go(page, '/host/training'); await page.locator('.task > button').nth(1).click() } },
  { name: 'training-none', as: (world) => world.hosts[1], open: (page) => go(page, '/host/training') },
  { name: 'today-training', as: (world) => world.recruits[0], open: (page) => go(page, '/host/') },
  { name: 'store', as: host, open: (page) => go(page, '/host/store') },
  { name: 'assistants', as: host, open: (page) => go(page, '/host/assistants') },
  { name: 'reach', as: host, open: (page) => go(page, '/host/reach') },
  { name: 'promote', as: host, open: (page, world) => go(page, `/host/live/${world.live[0].id}/promote`) },
  { name: 'more', as: host, open: (page) => go(page, '/host/more') },
  {
    name: 'promote-on',
    as: host,
    async before(world) {
      const of = `/brands/${world.brand}`
      await world.owner.post(`${of}/wallet-credits`, { agent_id: world.hosts[0].id, amount_fen: 50_000, reason: '收款单 18' })
      const room = world.live[0].id
      await world.hosts[0].client.post(`/broadcasts/${room}/promotions`, { budget_fen: 5000, pace: 'fast' })
      const second = await world.hosts[0].client.post(`/broadcasts/${room}/promotions`, { budget_fen: 10_000, objective: 'order' })
      await world.hosts[0].client.post(`/promotions/${second.id}/pause`)
    },
    open: (page, world) => go(page, `/host/live/${world.live[0].id}/promote`),
  },
  { name: 'promote-more', as: host, async open(page, world) { await go(page, `/host/live/${world.live[0].id}/promote`); await page.locator('.more').click(); await page.locator('#promote-more .choices button').nth(1).click() } },
  {
    name: 'earnings-debt',
    as: (world) => world.hosts[5],
    // Settled, paid out, then given back.
    async before(world) {
      const agent = world.hosts[5]
      await world.owner.put(`/brands/${world.brand}/plans`, { scope: 'agent', scope_id: agent.id, host_bp: 1500, promoter_bp: 0, freeze_days: 0 })
      const buyer = await makeBuyer(world, 'gave-back', '孟和')
      const order = await receivedOrder(world, buyer, agent, world.products[3].skus[0].id, 1)
      await until(async () => (await world.owner.get(`/agents/${agent.id}/entries`)).items.some((one) => one.state === 'available'), 'the commission is due')
      await world.owner.put(`/brands/${world.brand}/money-rules`, { settlement_approval: 'never' })
      await world.owner.post(`/brands/${world.brand}/settlements`, { cutoff_at: new Date().toISOString() })
      const sale = await buyer.client.post(`/orders/${order.id}/after-sales`, { line: 0, kind: 'refund_only', qty: 0, amount_fen: order.paid_fen ?? 8800, reason: '买错了' })
      await world.owner.post(`/after-sales/${sale.id}/approve`, { answer: '好的' })
      await until(async () => (await world.owner.get(`/agents/${agent.id}/entries`)).items.length >= 2, 'the commission is taken back')
    },
    open: (page) => go(page, '/host/earnings'),
  },
  { name: 'orders-none', as: (world) => world.newcomer, async before(world) { await newcomer(world) }, open: (page) => go(page, '/host/orders') },
  { name: 'today-new', as: (world) => world.newcomer, before: newcomer, open: (page) => go(page, '/host/') },
  { name: 'live-none', as: (world) => world.newcomer, before: newcomer, open: (page) => go(page, '/host/live') },
  { name: 'customers-none', as: (world) => world.newcomer, before: newcomer, open: (page) => go(page, '/host/customers') },
  { name: 'earnings-none', as: (world) => world.newcomer, before: newcomer, open: (page) => go(page, '/host/earnings') },
  { name: 'team-none', as: (world) => world.newcomer, before: newcomer, open: (page) => go(page, '/host/team') },
  { name: 'shares-none', as: (world) => world.newcomer, before: newcomer, open: (page) => go(page, '/host/shares') },
  { name: 'clips-none', as: (world) => world.newcomer, before: newcomer, open: (page) => go(page, '/host/clips') },
  { name: 'reach-none', as: (world) => world.newcomer, before: newcomer, open: (page) => go(page, '/host/reach') },
  // With pictures.
  { name: 'air-moving', before: fillMedia, as: (world) => world.media.head.host, open: (page, world) => go(page, `/host/live/${world.media.head.id}`) },
  { name: 'air-stream', as: host, async open(page, world) { await go(page, `/host/live/${world.next[0].id}`); await page.locator('.stream summary').click(); await page.locator('.stream .button').click(); await page.locator('#stream-key').waitFor() } },
  { name: 'air-carry', before: fillMedia, as: host, async open(page, world) { await go(page, `/host/live/${world.live[0].id}`); await page.locator('.carry .choose').click(); await page.locator('.carry li').first().waitFor() } },
  { name: 'air-carrying', before: fillMedia, as: (world) => world.media.carrier.host, open: (page, world) => go(page, `/host/live/${world.media.carrier.id}`) },
  { name: 'air-cut', before: fillMedia, as: (world) => world.media.cut.host, open: (page, world) => go(page, `/host/live/${world.media.cut.id}`) },
  { name: 'clips', before: fillMedia, as: (world) => world.media.head.host, open: (page) => go(page, '/host/clips') },
  { name: 'clips-edit', before: fillMedia, as: (world) => world.media.head.host, async open(page) { await go(page, '/host/clips'); await page.locator('.clip .act').first().click() } },
  { name: 'clips-withdrawn', before: fillMedia, as: (world) => world.media.replay.host, async open(page) { await go(page, '/host/clips'); await page.getByRole('button', { name: /^撤下|^Withdraw|^Take/ }).first().click() } },
  { name: 'clips-all', before: fillMedia, as: (world) => world.media.carrier.host, async open(page) { await go(page, '/host/clips'); await page.locator('.seg button').nth(1).click(); await page.locator('.clip').first().waitFor() } },
]
// Somebody whose shop was opened a minute ago.
async function newcomer(world) {
  world.newcomer ??= await makeHost(world, 'N01', '任初夏', '初夏小店', '浙江宁波')
}
