// What a brand's desk has to show besides the day that world.fillDay makes: campaigns in each state, coupons, a room with
// offers and lines that were held, reviews, training, an applicant, a settlement with payouts and a debt, holds, staff.
import { logInAs } from './browser.mjs'
import { buy, Client, makeBuyer } from './world.mjs'

const soon = (ms) => new Date(Date.now() + ms).toISOString()
const hour = 3_600_000
export const until = async (check, what, ms = 20_000) => {
  const end = Date.now() + ms
  for (;;) {
    const got = await check()
    if (got) return got
    if (Date.now() > end) throw new Error(`did not come about: ${what}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}

// An order that is received, whose commission is due at once when the plan says so.
export async function receivedOrder(world, buyer, host, sku, qty = 1) {
  const order = await buy(world, buyer, { store: host.store_id, sku, qty })
  await host.client.post(`/orders/${order.id}/ship`, { carrier: '顺丰速运', tracking_number: `SF${Math.floor(Math.random() * 1e9)}` })
  await buyer.client.post(`/orders/${order.id}/receive`)
  return order
}
// A line said in a room by a buyer, in a browser as they would.
export async function sayInRoom(browser, base, buyer, broadcast, ...lines) {
  const context = await browser.newContext({ baseURL: base, locale: 'zh-CN' })
  await logInAs(context, base, buyer)
  const page = await context.newPage()
  await page.goto(`/room/${broadcast}`)
  await page.locator('#say').waitFor()
  for (const line of lines) {
    await page.locator('#say').fill(line)
    await page.locator('#say').press('Enter')
    await page.waitForFunction(() => document.querySelector('#say')?.value === '')
  }
  await context.close()
}

export async function fillBrand(world, browser) {
  const { owner, brand, hosts, live, products } = world
  const of = `/brands/${brand}`
  const sku = (i) => products[i].skus[0].id
  const out = {}
  await owner.put(`${of}/forbidden-words`, { words: ['加微信', '最低价'] })
  await owner.put(`${of}/guarantee`, { text_zh: '正品保证，七天无理由退货，破损包赔。', text_en: 'Genuine goods, seven days to return them, broken ones replaced.' })
  await owner.put(`${of}/shipping`, { rules: [{ region: '', first_fen: 800, more_fen: 200, free_from_fen: 9900 }, { region: '新疆', first_fen: 2000, more_fen: 800, free_from_fen: null }] }).catch(() => owner.get(of))
  // Versions of plans: due on receipt, an agent's own, a product's own.
  await owner.put(`${of}/plans`, { scope: 'brand', host_bp: 1200, promoter_bp: 800, clipper_bp: 200, freeze_days: 0 })
  await owner.put(`${of}/plans`, { scope: 'agent', scope_id: hosts[1].id, host_bp: 1500, promoter_bp: 800, freeze_days: 0 })
  await owner.put(`${of}/plans`, { scope: 'brand', sku_id: sku(0), host_bp: 2000, promoter_bp: 500, freeze_days: 0 })

  const campaign = (name, target, items) => owner.post(`${of}/campaigns`, { name, starts_at: soon(-60_000), ends_at: soon(72 * hour), target, items, talking_points: '先讲成分，再讲价格。\n问敏感肌的，请她先试小样。' })
  out.draft = await campaign('双十二预热', { kind: 'list', store_ids: hosts.slice(0, 3).map((one) => one.store_id) }, [{ sku_id: sku(2), price_fen: 4990, talking_points: '一盒十片' }, { sku_id: sku(8), price_fen: 2990 }])
  out.campaign = await campaign('双十一', { kind: 'all' }, [{ sku_id: sku(0), price_fen: 9900, plan: { host_bp: 1000, promoter_bp: 500, freeze_days: 0 } }, { sku_id: sku(3), price_fen: 6600 }])
  await owner.post(`/campaigns/${out.campaign.id}/push`)
  await until(async () => (await owner.get(`/campaigns/${out.campaign.id}`)).push?.finished_at, 'the push ends')

  out.coupon = await owner.post(`${of}/coupons`, { giver: 'brand', name: '新客立减', off_fen: 1000, min_spend_fen: 5900, total: 5000, ends_at: soon(72 * hour) })
  await owner.post(`${of}/coupons`, { giver: 'store', name: '春梅老客券', off_bp: 1000, cap_fen: 2000, total: 200, ends_at: soon(48 * hour), store_id: hosts[0].store_id })
  out.prize = await owner.post(`${of}/coupons`, { giver: 'prize', name: '福袋奖品', off_fen: 2000, total: 50, ends_at: soon(48 * hour) })
  await owner.put(`/stores/${hosts[0].store_id}/allotments/${sku(5)}`, { units: 80, keep: 40 })

  await owner.post(`${of}/training-tasks`, { kind: 'lesson', title: '开播前看一遍', text: '灯光、声音、货品摆放。', position: 1 })
  await owner.post(`${of}/training-tasks`, { kind: 'quiz', title: '什么不能说', questions: [{ text: '能说「最低价」吗？', options: ['能', '不能'], right: 1 }, { text: '顾客问疗效怎么办？', options: ['照实说不治病', '说有用'], right: 0 }], pass_right: 2, position: 2 })
  await owner.post(`${of}/training-tasks`, { kind: 'rehearsal', title: '彩排一场', rehearsal_minutes: 10, required: false, position: 3 })
  const applicant = await makeBuyer(world, 'applicant', '罗晓东')
  await applicant.client.post(`${of}/applications`, { name: '罗晓东', phone: '13911112222', message: '我在社区团购做了三年团长，想在直播间卖茶。' })

  // Some receive what they bought, and say what they think of it.
  const words = [[5, '第三次回购了，敏感肌也能用，比上次还便宜了。'], [4, '茶很香，盒子压坏了一角。'], [2, '和直播里说的不太一样。'], [5, '']]
  out.reviewed = []
  for (const [i, [stars, text]] of words.entries()) {
    const buyer = await makeBuyer(world, `reviewer-${i}`, ['林悦', '周宁', '何川', '赵敏'][i])
    const order = await receivedOrder(world, buyer, hosts[i % 2], sku([0, 3, 8, 4][i]), 1 + (i % 2))
    await buyer.client.post(`/orders/${order.id}/reviews`, { line: 0, stars, words: text })
    out.reviewed.push({ order, buyer })
  }
  // What was earned is settled; then one of them gives it back: a debt.
  await until(async () => (await owner.get(`${of}/settlements/preview`)).agents >= 2, 'commission is due')
  await owner.put(`${of}/money-rules`, { settlement_approval: 'never' })
  const run = await owner.post(`${of}/settlements`, { cutoff_at: new Date().toISOString() })
  out.run = run
  out.settlement = (await owner.get(`/agents/${hosts[0].id}/settlements`)).items[0]
  for (const host of hosts.slice(0, 2)) await host.client.put(`/agents/${host.id}/payout-note`, { method: 'wechat', holder: host.name, account: `wx-${host.login}` })
  await owner.post(`${of}/payout-batches`)
  const [back] = out.reviewed
  const sale = await back.buyer.client.post(`/orders/${back.order.id}/after-sales`, { line: 0, kind: 'refund_only', qty: 0, amount_fen: 3000, reason: '过敏，退一部分' })
  await owner.post(`/after-sales/${sale.id}/approve`, { answer: '好的，请停用。' })
  out.entry = (await owner.get(`/agents/${hosts[0].id}/entries`)).items[0]

  await owner.post(`${of}/holds`, { kind: 'order', subject_id: back.order.id, reason: '消费者协会来函' })
  await owner.post(`${of}/webhooks`, { url: 'https://erp.invalid/lianbo', description: 'ERP', types: ['order.paid', 'order.shipped'] }).then((hook) => (out.hook = hook))
  for (const [login, name, roles, regions] of [['yun-ying', '沈运营', ['operator'], []], ['cai-wu', '钱会计', ['finance'], []], ['shen-ji', '吴审计', ['auditor'], []], ['hua-dong', '陆华东', ['operator'], ['浙江杭州']]]) {
    const { invite_token } = await owner.post(`${of}/staff`, { login, name, roles, regions })
    if (invite_token) await new Client(world.server.url).post('/invites/accept', { token: invite_token, login, password: `${login}-password` })
  }

  // The first room: offers, held lines, somebody muted.
  const room = live[0].id
  out.flash = await owner.post(`/broadcasts/${room}/flash`, { sku_id: products[1].skus[0].id, price_fen: 2990, units: 20, seconds: 3600 })
  await owner.post(`/broadcasts/${room}/coupons`, { name: '直播间专享', off_fen: 500, total: 100, ends_at: soon(hour) })
  out.bag = await owner.post(`/broadcasts/${room}/lucky-bags`, { title: '整点福袋', prize: '玻尿酸面膜一盒', rule: 'tap', winners: 3, seconds: 3600 })
  const [noisy, kind] = [await makeBuyer(world, 'noisy', '路人甲'), await makeBuyer(world, 'kindly', '苏苏')]
  if (browser) {
    await sayInRoom(browser, world.server.url, kind, room, '敏感肌能用吗', '上次买的已经用完了')
    await sayInRoom(browser, world.server.url, noisy, room, '加 微 信 有 优 惠', '这是全网最低价吗')
  }
  await owner.post(`/broadcasts/${room}/marks`, { person_id: noisy.person_id, mark: 'muted', minutes: 30 })
  Object.assign(out, { noisy, kind })
  return (world.more = out)
}
