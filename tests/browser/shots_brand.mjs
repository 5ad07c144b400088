// The desk's pages, for ./dev shots.
import { execFileSync } from 'node:child_process'
import { fillBrand } from './brand_day.mjs'
import { go } from './browser.mjs'
import { fillMedia } from './media_day.mjs'

const as = (world) => world.founder
const at = (path) => (page, world) => go(page, `/brand/${world.brand}/${typeof path === 'function' ? path(world) : path}`)
const shot = (name, path, then) => ({ name, as, open: async (page, world) => { await at(path)(page, world); await then?.(page, world) } })
const tab = (name) => async (page) => page.getByRole('tab').nth(name).click()

export default [
  { name: 'login', open: (page) => go(page, '/brand/login') },
  { name: 'invite', open: (page) => go(page, '/brand/invite?token=x') },
  {
    ...shot('wall', 'wall', (page) => page.getByRole('listbox').waitFor()),
    // A network on air: agents from a file, a room for each.
    async before(world, browser) {
      await fillBrand(world, browser)
      const regions = ['浙江杭州', '福建福州', '江苏苏州', '山东青岛', '四川成都', '广东广州', '湖北武汉', '北京', '上海']
      const family = [...'王李张刘陈杨黄赵周吴徐孙马朱胡林郭何高罗']
      const given = ['春梅', '诗涵', '娜', '涛', '可馨', '秀英', '雨桐', '建国', '思远', '晓东', '玉兰', '佳怡']
      const rows = ['code,name,phone,region,level,parent', ...Array.from({ length: 900 }, (_, i) => `W${1000 + i},${family[i % family.length]}${given[(i * 7) % given.length]},1370000${1000 + i},${regions[(i * 5) % regions.length]},${(i % 4) + 1},${i > 20 ? `W${1000 + (i % 20)}` : ''}`)]
      await fetch(`${world.server.url}/api/v1/brands/${world.brand}/agents:import`, { method: 'POST', headers: { Authorization: `Bearer ${world.owner.token}`, 'Content-Type': 'application/octet-stream' }, body: rows.join('\n') })
      execFileSync('python3', [new URL('./many_rooms.py', import.meta.url).pathname, world.db.replace('sqlite:', ''), world.brand, '900'])
    },
  },
  shot('wall-cards', 'wall', async (page) => { await page.locator('.sizes button').nth(2).click() }),
  shot('wall-dots', 'wall', async (page) => { await page.locator('.sizes button').nth(0).click(); await page.getByRole('checkbox').check() }),
  shot('wall-list', 'wall', async (page) => { await page.locator('.sizes button').nth(3).click() }),
  shot('wall-panel', (world) => `wall?room=${world.live[0].id}`, (page) => page.getByRole('dialog').waitFor()),
  shot('overview', 'overview', (page) => page.waitForTimeout(600)),
  shot('agents', 'agents'),
  shot('agents-tree', 'agents?view=tree', async (page) => { await page.getByRole('treeitem').nth(7).focus(); await page.keyboard.press('ArrowRight') }),
  shot('agent', (world) => `agents/${world.hosts[0].id}`),
  shot('agent-money', (world) => `agents/${world.hosts[0].id}`, tab(1)),
  shot('agent-score', (world) => `agents/${world.hosts[0].id}?tab=score`),
  shot('agent-training', (world) => `agents/${world.hosts[0].id}?tab=training`),
  shot('agent-stock', (world) => `agents/${world.hosts[0].id}?tab=stock`),
  shot('agent-leave', (world) => `agents/${world.hosts[0].id}`, (page) => page.locator('.actions .danger').last().click()),
  shot('agent-add', 'agents', async (page) => { await page.locator('.actions .button.strong').click() }),
  shot('agents-import', 'agents/import'),
  shot('agents-import-wrong', 'agents/import', async (page) => {
    await page.setInputFiles('input[type=file]', { name: 'agents.csv', mimeType: 'text/csv', buffer: Buffer.from('code,name,phone,region,level,parent\nX1,安娜,13800000001,浙江,1,\nX2,,13800000002,浙江,1,X1\nX3,贝拉,13800000003,浙江,1,X9\n') })
    await page.locator('.places').waitFor()
  }),
  shot('applications', 'applications'),
  shot('training', 'training'),
  shot('training-task', 'training', (page) => page.locator('tbody .button').nth(2).click()),
  shot('regions', 'regions'),
  shot('products', 'products'),
  shot('product', (world) => `products/${world.products[6].id}`),
  shot('product-add', 'products', async (page) => { await page.locator('.actions .button.strong').click() }),
  shot('products-import', 'products/import'),
  shot('products-import-wrong', 'products/import', async (page) => {
    await page.setInputFiles('input[type=file]', { name: 'products.csv', mimeType: 'text/csv', buffer: Buffer.from('code,title,category,sku,price_fen,stock\nQ1,新茶,茶饮,100g,abc,10\nQ2,,茶饮,50g,1200,5\nQ3,好茶,茶饮,50g,1200,-4\n') })
    await page.locator('.places').waitFor()
  }),
  { ...shot('clips', 'clips'), before: fillMedia },
  { ...shot('clips-post', 'clips', (page) => page.locator('.clip .act').last().click()), before: fillMedia },
  shot('campaigns', 'campaigns'),
  shot('campaign', (world) => `campaigns/${world.more.campaign.id}`),
  shot('campaign-draft', (world) => `campaigns/${world.more.draft.id}`, (page) => page.locator('.actions .button').first().click()),
  shot('campaign-list', 'campaigns', async (page) => {
    await page.locator('.actions .button.strong').click()
    await page.locator('.choose select').selectOption('list')
    await page.locator('.stores .button').last().click()
    await page.locator('#store-codes').fill('code\nA01\nA99\nA03')
    await page.locator('.paste .n-button').click()
    await page.locator('.paste .notice').scrollIntoViewIfNeeded()
  }),
  shot('coupons', 'coupons'),
  shot('coupon-add', 'coupons', (page) => page.locator('.actions .button.strong').click()),
  shot('orders', 'orders'),
  shot('orders-none', 'orders?state=completed'),
  shot('order', (world) => `orders/${world.day.paidOrder.id}`),
  shot('order-why', (world) => `orders/${world.day.paidOrder.id}`, tab(2)),
  shot('order-ship', (world) => `orders/${world.day.paidOrder.id}`, (page) => page.locator('.actions .button.strong').click()),
  shot('after-sales', 'after-sales'),
  shot('after-sale', (world) => `after-sales/${world.day.afterSale.id}`),
  shot('refunds', 'after-sales?tab=refunds'),
  shot('reviews', 'reviews'),
  shot('score', (world) => `reviews?tab=scores&agent=${world.hosts[0].id}`),
  shot('buyers', 'buyers'),
  shot('buyer', (world) => `buyers?person=${world.day.friends[0].person_id}`),
  shot('plans', 'plans'),
  shot('plan', 'plans', async (page) => { await page.locator('.actions .button.strong').click() }),
  shot('plan-history', 'plans', (page) => page.locator('tbody .button').first().click()),
  shot('settlements', 'settlements'),
  shot('settlement', 'settlements', async (page) => { await page.locator('tbody a').last().click(); await page.locator('tbody .acts').first().waitFor() }),
  shot('why', (world) => `why/entry/${world.more.entry.id}`),
  shot('settle-run', 'settlements', async (page) => { await page.locator('.actions .button.strong').click(); await page.waitForTimeout(400) }),
  {
    ...shot('settle-approve', 'settlements', async (page) => { await page.locator('tbody .button.small.over').first().click() }),
    as: () => ({ login: 'cai-wu', password: 'cai-wu-password' }),
    async before(world) {
      await world.owner.put(`/brands/${world.brand}/money-rules`, { settlement_approval: 'always' })
      await world.owner.post(`/brands/${world.brand}/settlements`, { cutoff_at: new Date().toISOString() })
    },
  },
  shot('books', 'books'),
  shot('payouts', 'books', (page) => page.locator('tbody .acts .button').first().click()),
  shot('books-debts', 'books', tab(1)),
  shot('books-accounts', 'books', tab(2)),
  shot('funnel', 'funnel'),
  shot('funnel-agents', 'funnel?by=agent'),
  shot('broadcast', (world) => `broadcasts/${world.live[0].id}`),
  shot('room', (world) => `broadcasts/${world.live[0].id}?tab=room`, (page) => page.locator('.lines li').first().waitFor()),
  shot('room-flash', (world) => `broadcasts/${world.live[0].id}?tab=room`, (page) => page.locator('.part .button').nth(0).click()),
  shot('cascades', 'cascades'),
  shot('cascade', (world) => `cascades/${world.day.shares[0].id}`, async (page) => { await page.getByRole('treeitem').nth(1).focus(); await page.keyboard.press('ArrowRight'); await page.waitForTimeout(300) }),
  shot('spread', (world) => `spread?product=${world.products[4].id}`),
  shot('staff', 'staff'),
  shot('staff-edit', 'staff', (page) => page.locator('.actions .button.strong').click()),
  shot('audit', 'audit'),
  shot('evidence', 'evidence'),
  shot('evidence-holds', 'evidence?tab=holds'),
  shot('webhooks', 'webhooks'),
  shot('events', 'webhooks?tab=events'),
  shot('webhook', (world) => `webhooks/${world.more.hook.id}`),
  shot('account', 'plans', (page) => page.locator('.who').click()),
  { ...shot('region-staff', 'orders'), as: () => ({ login: 'hua-dong', password: 'hua-dong-password' }) },
  { ...shot('notyours', 'audit'), as: () => ({ login: 'yun-ying', password: 'yun-ying-password' }) },
  shot('missing', 'nowhere'),
  shot('settings', 'settings'),
  shot('settings-matrix', 'settings?tab=matrix'),
  shot('settings-money', 'settings?tab=money'),
  shot('settings-shipping', 'settings?tab=shipping'),
  shot('settings-words', 'settings?tab=words'),
  shot('settings-guarantee', 'settings?tab=guarantee'),
  shot('settings-backups', 'settings?tab=backups'),
  shot('settings-locks', 'settings?tab=locks'),
  shot('settings-tokens', 'settings?tab=tokens'),
  shot('fair', 'fair'),
  shot('promotions', 'promotions'),
  shot('verify', 'verify', async (page) => { await page.locator('.actions button').click(); await page.locator('.checks').waitFor({ timeout: 60_000 }) }),
]
