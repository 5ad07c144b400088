// The desk's pages, for ./dev shots.
import { execFileSync } from 'node:child_process'
import { go } from './browser.mjs'

const as = (world) => world.founder
const at = (path) => (page, world) => go(page, `/brand/${world.brand}/${typeof path === 'function' ? path(world) : path}`)
const shot = (name, path, then) => ({ name, as, open: async (page, world) => { await at(path)(page, world); await then?.(page, world) } })
const tab = (name) => async (page) => page.getByRole('tab').nth(name).click()

export default [
  { name: 'login', open: (page) => go(page, '/brand/login') },
  {
    ...shot('wall', 'wall', (page) => page.getByRole('listbox').waitFor()),
    // A network on air: agents from a file, a room for each.
    async before(world) {
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
  shot('agent-add', 'agents', async (page) => { await page.locator('.actions .button.strong').click() }),
  shot('agents-import', 'agents/import'),
  shot('agents-import-wrong', 'agents/import', async (page) => {
    await page.setInputFiles('input[type=file]', { name: 'agents.csv', mimeType: 'text/csv', buffer: Buffer.from('code,name,phone,region,level,parent\nX1,安娜,13800000001,浙江,1,\nX2,,13800000002,浙江,1,X1\nX3,贝拉,13800000003,浙江,1,X9\n') })
    await page.locator('.places').waitFor()
  }),
  shot('products', 'products'),
  shot('product', (world) => `products/${world.products[6].id}`),
  shot('product-add', 'products', async (page) => { await page.locator('.actions .button.strong').click() }),
  shot('products-import', 'products/import'),
  shot('orders', 'orders'),
  shot('order', (world) => `orders/${world.day.paidOrder.id}`),
  shot('order-why', (world) => `orders/${world.day.paidOrder.id}`, tab(2)),
  shot('after-sales', 'after-sales'),
  shot('plans', 'plans'),
  shot('plan', 'plans', async (page) => { await page.locator('.actions .button.strong').click() }),
  shot('settlements', 'settlements'),
  shot('funnel', 'funnel'),
  shot('funnel-agents', 'funnel?by=agent'),
  shot('broadcast', (world) => `broadcasts/${world.live[0].id}`),
  shot('cascades', 'cascades'),
  shot('cascade', (world) => `cascades/${world.day.shares[0].id}`, async (page) => { await page.getByRole('treeitem').nth(1).focus(); await page.keyboard.press('ArrowRight'); await page.waitForTimeout(300) }),
  shot('spread', (world) => `spread?product=${world.products[4].id}`),
  shot('staff', 'staff'),
  shot('settings', 'settings'),
  shot('settings-locks', 'settings?tab=locks'),
  shot('settings-tokens', 'settings?tab=tokens'),
  shot('verify', 'verify', async (page) => { await page.locator('.actions button').click(); await page.locator('.checks').waitFor({ timeout: 60_000 }) }),
]
