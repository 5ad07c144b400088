// The desk in a real browser against a real server: what a brand's people do from the first import to a "why".
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { desk, go } from './browser.mjs'
import { makeStage, unharmed } from './stage.mjs'
import { buy, fillDay, makeBuyer, startServer } from './world.mjs'

const stage = makeStage()
// A desk left open would keep the wall as it was read.
afterEach(async () => {
  for (const one of stage.browser.contexts()) await one.close()
})
const wide = { ...desk, locale: 'zh-CN' }
let day
const filled = async () => (day ??= await fillDay(stage.world))
async function atDesk(path = 'wall', options = wide) {
  const one = await stage.visitor(options)
  await stage.logIn(one, stage.world.founder)
  await go(one.page, `/brand/${stage.world.brand}/${path}`)
  return one
}
const button = (page, name) => page.getByRole('button', { name, exact: true })
const eventually = async (check, what, ms = 10_000) => {
  const end = Date.now() + ms
  for (let last; ; ) {
    try {
      if (await check()) return
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw last ?? new Error(`did not come about: ${what}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}

test('who comes to the desk logs in first, and is taken where they wanted to go', async () => {
  const one = await stage.visitor(wide)
  await one.page.goto(`/brand/${stage.world.brand}/plans`)
  await one.page.getByRole('heading', { name: '登录工作台' }).waitFor()
  await one.page.getByLabel('登录名').fill('founder')
  await one.page.getByLabel('密码').fill('not-the-password')
  await button(one.page, '登录').click()
  await one.page.getByRole('alert').waitFor()
  await one.page.getByLabel('密码').fill(stage.world.founder.password)
  await button(one.page, '登录').click()
  await one.page.getByRole('heading', { name: '佣金方案' }).waitFor()
  await one.page.reload()
  await one.page.getByRole('heading', { name: '佣金方案' }).waitFor()
  // Somebody who works for no brand is told so.
  const stranger = await stage.visitor(wide)
  await stage.logIn(stranger, await makeBuyer(stage.world, 'stranger'))
  await stranger.page.goto('/brand')
  await stranger.page.getByText('你还不是任何品牌的成员').waitFor()
  unharmed(one, stranger)
})

test('ten thousand agents: a bad row is named by line and column and nothing is imported; the mended file is', async () => {
  const one = await atDesk('agents/import')
  const { page } = one
  const rows = Array.from({ length: 10_000 }, (_, i) => [`N${String(i).padStart(5, '0')}`, `主播${i}`, `139${String(10_000_000 + i)}`, ['浙江杭州', '福建福州', '江苏苏州', '山东青岛', '四川成都', '广东广州', '湖北武汉'][i % 7], String((i % 5) + 1), i >= 10 ? `N${String(i % 10).padStart(5, '0')}` : ''])
  const file = (list) => ['code,name,phone,region,level,parent', ...list.map((row) => row.join(','))].join('\n')
  const bad = rows.map((row, i) => (i === 4998 ? [row[0], row[1], row[2], row[3], row[4], 'NOBODY'] : row))
  const [badPath, goodPath] = [join(stage.world.folder, 'bad.csv'), join(stage.world.folder, 'good.csv')]
  writeFileSync(badPath, file(bad))
  writeFileSync(goodPath, file(rows))
  const before = (await one.api(`/brands/${stage.world.brand}/agents?limit=200`)).items.length

  await page.setInputFiles('input[type=file]', badPath)
  await page.getByText('什么都没有导入').waitFor({ timeout: 60_000 })
  const place = page.locator('.places tbody tr').first()
  assert.match(await place.locator('td').nth(0).innerText(), /^5000$/, 'the line of the file')
  assert.match(await place.locator('td').nth(1).innerText(), /parent/, 'the column')
  assert.equal(await place.locator('td').nth(2).innerText(), '没有编号为 "NOBODY" 的代理，文件里没有，之前也没有', 'what is wrong, in the language of the page')
  assert.equal((await one.api(`/brands/${stage.world.brand}/agents?limit=200`)).items.length, before, 'nothing is half imported')

  await button(page, '换一个文件').click()
  await page.setInputFiles('input[type=file]', goodPath)
  await button(page, '导入 10,000 位代理').waitFor({ timeout: 60_000 })
  assert.equal((await one.api(`/brands/${stage.world.brand}/agents?limit=200`)).items.length, before, 'looking through changes nothing')
  await button(page, '导入 10,000 位代理').click()
  await page.getByText('已导入 10,000 位代理').waitFor({ timeout: 120_000 })

  await go(page, `/brand/${stage.world.brand}/agents`)
  await page.getByRole('searchbox').fill('N07777')
  await page.getByRole('link', { name: '主播7777' }).waitFor()
  await go(page, `/brand/${stage.world.brand}/agents?view=tree`)
  await eventually(async () => (await page.getByRole('treeitem', { name: /主播3, N00003/ }).count()) === 1 || (await button(page, '加载更多').click(), false), 'the parent stands in the tree')
  await page.getByRole('treeitem', { name: /主播3, N00003/ }).focus()
  await page.keyboard.press('ArrowRight')
  await page.getByRole('treeitem', { name: /主播13, N00013/ }).waitFor()
  unharmed(one)
})

test('the wall shows a room the moment it starts and forgets it when it ends; a room opens beside it, live', async () => {
  const { world } = stage
  const one = await atDesk('wall')
  const { page } = one
  await button(page, '列表').click()
  await page.getByRole('link', { name: world.hosts[0].name }).waitFor()
  const host = world.hosts[5]
  const planned = await host.client.post(`/stores/${host.store_id}/broadcasts`, { title: 'Now or never', scheduled_at: new Date().toISOString(), product_ids: [world.products[0].id] })
  const at = Date.now()
  await host.client.post(`/broadcasts/${planned.id}/start`)
  await page.getByRole('link', { name: host.name }).waitFor({ timeout: 10_000 })
  assert.ok(Date.now() - at < 8000, `it took ${Date.now() - at} ms`)

  await page.getByLabel('地区', { exact: true }).selectOption({ index: 1 })
  await page.getByRole('button', { name: /清除筛选/ }).first().click()
  await page.getByRole('link', { name: world.hosts[0].name }).click()
  const panel = page.getByRole('dialog')
  await panel.getByText('正在讲解').waitFor()
  const buyer = await makeBuyer(world, 'wall-buyer', '钱多多')
  await buy(world, buyer, { store: world.hosts[0].store_id, sku: world.products[3].skus[0].id, broadcast: world.live[0].id })
  await panel.getByText(/林\*+/).waitFor({ timeout: 10_000 })
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  await eventually(async () => Number((await page.locator('.totals dd').nth(2).innerText()).replaceAll(',', '')) >= 1, 'the order counts in the totals')

  await host.client.post(`/broadcasts/${planned.id}/end`)
  await page.getByRole('link', { name: host.name }).waitFor({ state: 'detached', timeout: 10_000 })
  unharmed(one)
})

test('orders appear by themselves, are shipped, and an after-sale is decided', async () => {
  const { world } = stage
  await filled()
  const one = await atDesk('orders?state=paid')
  const { page } = one
  const buyer = await makeBuyer(world, 'order-buyer', '孙小美')
  const order = await buy(world, buyer, { store: world.hosts[1].store_id, sku: world.products[8].skus[0].id, qty: 3 })
  await page.getByText('谷雨 有机燕麦片 × 3').first().waitFor({ timeout: 15_000 })
  await go(page, `/brand/${world.brand}/orders/${order.id}`)
  await page.getByRole('heading', { name: `订单 ${order.id}` }).waitFor()
  await page.getByRole('tab', { name: '为什么是这些数' }).click()
  await page.getByText('谁有份').waitFor()
  await page.getByText('订单所在店铺的代理').waitFor()
  unharmed(one)
})

test('the figures of the day are the same however they are grouped', async () => {
  await filled()
  const one = await atDesk('funnel')
  const { page, api } = one
  const sum = (items, what) => items.reduce((n, row) => n + row[what], 0)
  for (const by of ['region', 'agent', 'broadcast']) {
    const { total, items } = await api(`/brands/${stage.world.brand}/funnel?by=${by}&limit=200`)
    for (const what of ['exposures', 'enters', 'clicks', 'orders', 'paid_orders', 'units', 'paid_fen', 'refunded_fen', 'net_fen']) assert.equal(sum(items, what), total[what], `${what} by ${by}`)
    assert.ok(total.paid_orders >= 4)
  }
  await page.getByRole('tab', { name: '代理' }).click()
  await page.getByRole('link', { name: /彭春梅/ }).waitFor()
  await page.getByRole('tab', { name: '场次' }).click()
  await page.getByRole('link', { name: /春梅专场/ }).click()
  await page.getByRole('heading', { name: /春梅专场/ }).waitFor()
  await page.getByText('没有讲解时').or(page.getByText('山野集 高山茉莉绿茶')).first().waitFor()
  // The cascade of a link is a tree that opens.
  await go(page, `/brand/${stage.world.brand}/cascades`)
  await page.locator('tbody a').first().click()
  await page.getByRole('tree').waitFor()
  assert.ok((await page.getByRole('treeitem').count()) >= 2)
  await go(page, `/brand/${stage.world.brand}/verify`)
  await button(page, '开始核对').click()
  await page.getByText('全部一致').waitFor({ timeout: 60_000 })
  unharmed(one)
})

test('a plan is changed, the rules are told in plain words, staff is invited and comes in', async () => {
  const one = await atDesk('plans')
  const { page } = one
  await page.getByRole('row', { name: /整个品牌/ }).getByRole('button', { name: '修改' }).click()
  await page.getByRole('dialog').getByLabel('主播').fill('31')
  await page.getByRole('dialog').getByRole('button', { name: '保存为新版本' }).click()
  await page.getByRole('dialog').getByRole('alert').waitFor()
  await page.getByRole('dialog').getByLabel('主播').fill('12.5')
  await page.getByRole('dialog').getByRole('button', { name: '保存为新版本' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('row', { name: /12.5%/ }).waitFor()

  await go(page, `/brand/${stage.world.brand}/settings?tab=locks`)
  await page.getByLabel('保护天数').fill('0')
  await page.getByText('没有保护期：下一个被打开的链接马上接手。').waitFor()
  await button(page, '保存为新版本').click()
  await page.getByText('版本 2').waitFor()

  await go(page, `/brand/${stage.world.brand}/staff`)
  await button(page, '邀请成员').click()
  await page.getByRole('dialog').getByLabel('登录名').fill('zhang-finance')
  await page.getByRole('dialog').getByLabel('姓名').fill('张会计')
  await page.getByRole('dialog').getByLabel('运营').uncheck()
  await page.getByRole('dialog').getByLabel('财务').check()
  await page.getByRole('dialog').getByRole('button', { name: '保存' }).click()
  const link = await page.getByRole('dialog').locator('textarea').inputValue()
  const two = await stage.visitor(wide)
  await two.page.goto(new URL(link).pathname + new URL(link).search)
  await two.page.getByLabel('登录名').fill('zhang-finance')
  await two.page.getByLabel('密码').fill('zhang-password')
  await button(two.page, '开始使用').click()
  await two.page.getByRole('heading', { name: '直播墙' }).waitFor()
  await go(two.page, `/brand/${stage.world.brand}/settlements`)
  await button(two.page, '结算').waitFor()
  await go(two.page, `/brand/${stage.world.brand}/products`)
  assert.equal(await two.page.getByRole('button', { name: '新商品' }).count(), 0, 'finance does not run the shop')
  unharmed(one, two)
})

test('a session that ends is asked for again on top of the page; a server that restarts is waited for', async () => {
  const one = await atDesk('plans')
  const { page } = one
  await button(page, '新方案').click()
  await page.getByRole('dialog').getByLabel('主播').fill('7')
  await one.context.clearCookies({ name: 'lb_sid' })
  await page.getByRole('dialog').getByRole('button', { name: '保存为新版本' }).click()
  const again = page.getByRole('dialog', { name: '登录已过期' })
  await again.waitFor()
  await again.getByLabel('登录名').fill('founder')
  await again.getByLabel('密码').fill(stage.world.founder.password)
  await again.getByRole('button', { name: '登录' }).click()
  await again.waitFor({ state: 'detached' })
  assert.equal(await page.getByRole('dialog').getByLabel('主播').inputValue(), '7', 'what was typed is still there')

  const { world } = stage
  const port = world.server.port
  await world.server.stop()
  await page.getByText('连接已断开，正在重连').waitFor({ timeout: 15_000 })
  world.server = await startServer(world.db, world.settings, port)
  await page.locator('.pulse.open').waitFor({ timeout: 30_000 })
  unharmed(one)
})

test('a campaign goes out to every store with its progress; a settlement waits for a second person', async () => {
  const { world } = stage
  const one = await atDesk('plans')
  const { page } = one
  const campaign = await page.evaluate(async ([brand, sku]) => {
    const answer = await fetch(`/api/v1/brands/${brand}/campaigns`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Lianbo-Csrf': '1' }, body: JSON.stringify({ name: '双十一', starts_at: new Date().toISOString(), ends_at: new Date(Date.now() + 86_400_000).toISOString(), target: { kind: 'all' }, items: [{ sku_id: sku, price_fen: 990 }] }) })
    return answer.json()
  }, [world.brand, world.products[0].skus[0].id])
  await go(page, `/brand/${world.brand}/campaigns/${campaign.id}`)
  await button(page, '推送到店铺').click()
  await page.getByRole('progressbar').first().waitFor()
  await eventually(async () => (await one.api(`/campaigns/${campaign.id}`)).push?.finished_at, 'the push ends', 60_000)

  await go(page, `/brand/${world.brand}/settings?tab=money`)
  await page.getByLabel('结算由另一人批准').selectOption('always')
  await button(page, '保存').click()
  await page.getByText('现在：每次结算要另一位有权付款的人批准。').waitFor()
  await go(page, `/brand/${world.brand}/settlements`)
  await button(page, '结算').click()
  await page.getByRole('dialog').getByText(/到这一刻/).waitFor()
  await page.getByRole('dialog').getByRole('button', { name: '结算' }).click()
  await page.getByText('待另一人批准').first().waitFor()
  assert.equal(await button(page, '批准').count(), 0, 'who proposed does not approve')
  const two = await stage.visitor(wide)
  await stage.logIn(two, { login: 'zhang-finance', password: 'zhang-password' })
  await go(two.page, `/brand/${world.brand}/settlements`)
  await button(two.page, '批准').click()
  await two.page.getByRole('dialog').getByRole('button', { name: '批准' }).click()
  await two.page.getByText('已完成').first().waitFor()
  unharmed(one, two)
})
