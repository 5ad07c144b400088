// A brand with goods, hosts, rooms on air and to come, on a fresh database and a server of its own, made through the
// public API; fillDay lets buyers do in it what a day brings. For the browser tests and for looking at the pages.
//
// makeWorld({settings, port, rooms, clock}): `clock` ('2026-03-01T12:00:00.000Z') makes it a world whose time stands
// still until world.moveTo(instant), which also runs the jobs that come due; without it time is the machine's.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const program = process.env.LIANBO_PROGRAM ?? new URL('../../build/release/lianbo', import.meta.url).pathname

// The pages of this tree, wherever the program lies. Without them only the API answers.
const pages = new URL('../../web/dist', import.meta.url).pathname
const cheap = [...(existsSync(`${pages}/shop/index.html`) ? ['--set', `web.dir=${pages}`] : []), '--set', 'password.memory_kib=8', '--set', 'password.passes=1', '--set', 'log.level=error', '--set', 'api.check_replies=1']

export class Client {
  constructor(base, token) {
    this.base = base
    this.token = token
  }
  async send(method, path, body, key) {
    const headers = {}
    if (this.token) headers.Authorization = `Bearer ${this.token}`
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    if (key) headers['Idempotency-Key'] = key
    const answer = await fetch(`${this.base}/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), redirect: 'manual' })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} answers ${answer.status} ${text.slice(0, 400)}`)
    return text ? JSON.parse(text) : undefined
  }
  get = (path) => this.send('GET', path)
  post = (path, body, key) => this.send('POST', path, body, key)
  put = (path, body) => this.send('PUT', path, body)
  patch = (path, body) => this.send('PATCH', path, body)
  delete = (path) => this.send('DELETE', path)
}

export async function startServer(db, settings = [], port = 0) {
  const options = [...cheap, ...settings.flatMap((one) => ['--set', one])]
  const child = spawn(program, ['serve', '--json', '--port', String(port), '--db', db, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise((done, fail) => {
    createInterface({ input: child.stdout }).once('line', done)
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}`)))
  })
  const { port: taken } = JSON.parse(line)
  const end = (signal) =>
    new Promise((done) => {
      if (child.exitCode !== null || child.signalCode !== null) return done()
      child.once('exit', done)
      child.kill(signal)
    })
  return { port: taken, url: `http://127.0.0.1:${taken}`, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

const goods = [
  ['P01', '沁颜 玻色因紧致面霜', '美妆护肤', '面霜质地轻润，早晚各一次。\n开封后请在 12 个月内用完。', [['50g', 13890, 60], ['100g', 22900, 40]]],
  ['P02', '沁颜 氨基酸洁面乳', '美妆护肤', '温和洁净，洗后不紧绷。', [['100g', 4890, 300], ['150g', 7290, 300]]],
  ['P03', '沁颜 玻尿酸补水面膜', '美妆护肤', '一盒十片，敷 15 分钟。', [['10 片', 5890, 12]]],
  ['P04', '山野集 高山茉莉绿茶', '茶饮', '四月头采，清香回甘。', [['125g 罐装', 8800, 200], ['250g 袋装', 15800, 200]]],
  ['P05', '山野集 桂花红茶', '茶饮', '金桂窨制，三泡仍香。', [['100g', 6900, 150]]],
  ['P06', '暖屋 竹浆抽纸 24 包', '家居日用', '不漂白，亲肤。', [['24 包', 4990, 900]]],
  ['P07', '暖屋 羽绒夹克被 冬季加厚款 可机洗 四季通用双人床被芯', '家居日用', '95 白鹅绒，轻而暖。', [['150×200', 59900, 30], ['200×230', 79900, 18], ['220×240', 89900, 0]]],
  ['P08', '暖屋 陶瓷早餐碗', '家居日用', '', [['米白', 3900, 80], ['松绿', 3900, 80]]],
  ['P09', '谷雨 有机燕麦片', '食品', '无添加糖。', [['1kg', 3680, 400]]],
  ['P10', '谷雨 手剥松子', '食品', '开口均匀。', [['500g', 7980, 5]]],
  ['P11', '谷雨 冻干草莓', '食品', '整颗冻干。', [['60g', 2990, 260]]],
  ['P12', '谷雨 限量礼盒', '食品', '只在直播间有。', [['一盒', 19900, 0]]],
]
const people = [
  ['A01', '彭春梅', '春梅的好物铺', '浙江杭州'],
  ['A02', '张诗涵', '诗涵的茶桌', '福建福州'],
  ['A03', '郭娜', '郭娜家居', '江苏苏州'],
  ['A04', '董涛', '董涛严选', '山东青岛'],
  ['A05', '周可馨', '可馨的小店', '四川成都'],
  ['A06', 'Chen Wei', 'Wei’s Kitchen', '上海'],
]

export async function makeWorld({ settings: given = [], port = 0, rooms = 4, clock = '' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'lianbo-browser-'))
  const db = `sqlite:${join(folder, 'lianbo.db')}`
  const settings = clock ? [...given, `clock=simulated:${clock}`] : given
  const made = JSON.parse(execFileSync(program, ['init', '--name', '禾里生活', '--owner', 'founder', '--json', '--db', db, '--set', 'log.level=error', ...(clock ? ['--set', `clock=simulated:${clock}`] : [])], { encoding: 'utf8' }))
  const server = await startServer(db, settings, port)
  const owner = new Client(server.url, made.owner_token)
  const brand = made.brand_id
  const world = { server, db, folder, brand, owner, settings, products: [], hosts: [], live: [], next: [], ended: [] }
  let simulated = Date.parse(clock)
  world.now = () => (clock ? simulated : Date.now())
  world.moveTo = async (instant) => {
    simulated = instant
    await owner.post('/clock', { now: new Date(instant).toISOString() })
  }
  // The brand's owner, to log in with.
  world.founder = { login: 'founder', password: 'founder-password' }
  await new Client(server.url).post('/invites/accept', { token: made.owner_invite, ...world.founder })
  world.close = async () => {
    await world.server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  await owner.put(`/brands/${brand}/plans`, { scope: 'brand', host_bp: 1000, promoter_bp: 800 })
  for (const [code, title, category, description, skus] of goods)
    world.products.push(await owner.post(`/brands/${brand}/products`, { code, title, category, description, skus: skus.map(([name, price_fen, stock]) => ({ title: name, price_fen, stock })) }))
  for (const one of people) world.hosts.push(await makeHost(world, ...one))
  const titles = ['春梅专场：换季护肤一次讲透', '新茶上市，边泡边聊', '把家收拾暖和', '董涛严选：今晚只卖三样', '可馨的回购清单', 'Breakfast, the easy way']
  const later = (minutes) => new Date(world.now() + minutes * 60_000).toISOString()
  const plan = async (host, title, minutes, from, n) =>
    host.client.post(`/stores/${host.store_id}/broadcasts`, { title, scheduled_at: later(minutes), product_ids: world.products.slice(from, from + n).map((one) => one.id) })
  for (const [i, host] of world.hosts.entries()) {
    if (i < rooms) {
      const broadcast = await plan(host, titles[i], 0.05, [0, 3, 5, 8][i] ?? 0, 6)
      await host.client.post(`/broadcasts/${broadcast.id}/start`)
      world.live.push({ ...broadcast, host })
    }
    const next = await plan(host, `${titles[(i + 1) % titles.length]}（下一场）`, [42, 26 * 60, 50 * 60, 75 * 60, 90, 30 * 60][i], 2, 5)
    world.next.push({ ...next, host })
  }
  const past = await plan(world.hosts[4], '昨晚没看够的都在这里', 0.05, 1, 5)
  await world.hosts[4].client.post(`/broadcasts/${past.id}/start`)
  await world.hosts[4].client.post(`/broadcasts/${past.id}/pins`, { product_id: world.products[3].id })
  await world.hosts[4].client.post(`/broadcasts/${past.id}/end`)
  world.ended.push({ ...past, host: world.hosts[4] })
  for (const [i, room] of world.live.entries()) await room.host.client.post(`/broadcasts/${room.id}/pins`, { product_id: world.products[[0, 3, 6, 9][i]].id })
  return world
}

export async function makeHost({ owner, brand, server }, code, name, store, region) {
  const agent = await owner.post(`/brands/${brand}/agents`, { code, name, store, region, phone: '13800000000', parent_id: null })
  const { invite_token } = await owner.post(`/agents/${agent.id}/invite`)
  const login = { login: code.toLowerCase(), password: `${code}-password` }
  const session = await new Client(server.url).post('/invites/accept', { token: invite_token, ...login })
  return { ...agent, client: new Client(server.url, session.token), ...login }
}
export async function makeBuyer(world, login, name = '小满') {
  const session = await new Client(world.server.url).post('/persons', { login, password: `${login}-password`, name })
  return { client: new Client(world.server.url, session.token), login, password: `${login}-password`, person_id: session.person_id }
}
const address = { name: '林小满', phone: '13900001111', region: '浙江省杭州市西湖区', detail: '文三路 1 号' }
export async function buy(world, buyer, { store, sku, qty = 1, broadcast = null }, key = String(Math.random())) {
  const order = await buyer.client.post('/orders', { store_id: store, lines: [{ sku_id: sku, qty }], broadcast_id: broadcast, share_id: null, address }, key)
  const { prepay_id } = await buyer.client.post(`/orders/${order.id}/pay`, {})
  await buyer.client.post('/sandbox/pay', { prepay_id })
  return order
}
// What a day brings: a buyer with orders in every state, an after-sale, links that were opened by others. Gives
// {buyer, paidOrder, shippedOrder, receivedOrder, openOrder, afterSale, shares}.
export async function fillDay(world) {
  const [room, host] = [world.live[0], world.hosts[0]]
  const buyer = await makeBuyer(world, 'xiaoman')
  const lot = { store: host.store_id, broadcast: room.id }
  const paidOrder = await buy(world, buyer, { ...lot, sku: world.products[3].skus[0].id, qty: 2 })
  const shippedOrder = await buy(world, buyer, { ...lot, sku: world.products[1].skus[1].id })
  const receivedOrder = await buy(world, buyer, { ...lot, sku: world.products[8].skus[0].id })
  for (const order of [shippedOrder, receivedOrder]) await host.client.post(`/orders/${order.id}/ship`, { carrier: '顺丰速运', tracking_number: 'SF1234567890' })
  await buyer.client.post(`/orders/${receivedOrder.id}/receive`)
  const afterSale = await buyer.client.post(`/orders/${shippedOrder.id}/after-sales`, { line: 0, kind: 'refund_only', qty: 0, amount_fen: 500, reason: '盖子有点松' })
  const openOrder = await buyer.client.post('/orders', { store_id: lot.store, lines: [{ sku_id: world.products[5].skus[0].id, qty: 1 }], address }, 'open')
  const shares = []
  for (const [kind, channel, body] of [['receipt', 'dm', { order_id: paidOrder.id }], ['store', 'group', { store_id: lot.store }], ['product', 'moments', { product_id: world.products[3].id, store_id: lot.store }]])
    shares.push(await buyer.client.post('/shares', { kind, channel, ...body }))
  // Two friends open the receipt; one of them buys and hands it on to a third.
  const open = (client, share) => fetch(new URL(share.url, world.server.url), { redirect: 'manual', headers: { Authorization: `Bearer ${client.token}` } })
  const friends = []
  for (const [login, name] of [['lin', '林悦'], ['zhou', '周宁'], ['he', '何川']]) friends.push(await makeBuyer(world, `friend-${login}`, name))
  await open(friends[0].client, shares[0])
  await open(friends[1].client, shares[0])
  await open(friends[1].client, shares[1])
  const order = await buy(world, friends[0], { ...lot, sku: world.products[4].skus[0].id })
  const handedOn = await friends[0].client.post('/shares', { kind: 'receipt', channel: 'dm', order_id: order.id })
  await open(friends[2].client, handedOn)
  for (const [i, other] of world.live.slice(1).entries())
    await buy(world, friends[i % 3], { store: other.store_id, broadcast: other.id, sku: world.products[[4, 5, 8][i % 3]].skus[0].id, qty: 1 + i })
  return { buyer, friends, paidOrder, shippedOrder, receivedOrder, openOrder, afterSale, shares }
}
// Why to believe: a guarantee, two dozen received orders with their reviews in two stores, one of them past the ten that
// give a level, hosts who are followed. Gives {reviewers}.
export async function fillTrust(world) {
  await world.owner.put(`/brands/${world.brand}/guarantee`, { text_zh: '正品保证，假一赔十。签收后七天内不满意可退，运费由我们承担。', text_en: 'Genuine, or ten times your money back. Return it within seven days of receipt; we pay the postage.' })
  const said = ['用了两周，质地很润，第二天起来不紧绷。会再买。', '包装很好，发货快。', '', '比想象的小一点，别的都好。', '给妈妈买的，她很喜欢，已经推荐给邻居了。', 'Arrived the next day, exactly as shown in the room.', '一般般，没有特别的感觉。', '回购第三次了。']
  const names = ['王丽', '李强', '陈静', '刘洋', '赵敏', 'Anna', '孙浩', '周婷', '吴磊', '郑爽', '冯雪', '蒋欣']
  const reviewers = []
  for (const [i, name] of names.entries()) {
    const host = world.hosts[i % 6 === 5 ? 1 : 0]
    const reviewer = await makeBuyer(world, `reviewer${i}`, name)
    const items = [[8, 5], [5, 4]].slice(0, host === world.hosts[0] ? 2 : 1)
    for (const [j, [product, most]] of items.entries()) {
      const order = await buy(world, reviewer, { store: host.store_id, sku: world.products[product].skus[0].id })
      await host.client.post(`/orders/${order.id}/ship`, { carrier: '顺丰速运', tracking_number: `SF60${i}${j}` })
      await reviewer.client.post(`/orders/${order.id}/receive`)
      await reviewer.client.post(`/orders/${order.id}/reviews`, { line: 0, stars: i % 7 === 6 ? 3 : most, words: said[(i + 3 * j) % said.length] })
    }
    await reviewer.client.put(`/stores/${host.store_id}/follow`)
    reviewers.push(reviewer)
  }
  return { reviewers }
}
// node tests/browser/world.mjs [port]: a world to look at, until Ctrl-C.
if (import.meta.url === `file://${process.argv[1]}`) {
  const world = await makeWorld({ port: Number(process.argv[2] ?? 0) })
  await fillDay(world)
  await fillTrust(world)
  console.log(JSON.stringify({ url: world.server.url, brand: world.brand, live: world.live.map((one) => one.id), db: world.db, logins: [world.founder, ...world.hosts, { login: 'xiaoman', password: 'xiaoman-password' }].map(({ login, password }) => `${login} ${password}`) }, null, 1))
  process.on('SIGINT', () => void world.close().then(() => process.exit(0)))
  process.on('SIGTERM', () => void world.close().then(() => process.exit(0)))
}
