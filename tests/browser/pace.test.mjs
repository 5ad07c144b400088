// What is measured by the clock: how soon a pin is seen, how soon a link has landed, how smoothly ten thousand rooms move.
// ./dev runs this file alone, after all others.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { test } from 'node:test'
import { desk, phone, slowPhone } from './browser.mjs'
import { makeStage, unharmed } from './stage.mjs'

const stage = makeStage()

test('a pin by the host is seen by two buyers in less than 300 ms', async () => {
  const { world } = stage
  const room = world.live[1]
  const one = await stage.visitor(phone)
  await stage.logIn(one, room.host)
  await one.page.goto(`/host/live/${room.id}`)
  await one.page.locator('.pin-shelf li').first().waitFor()
  const watching = [await stage.visitor(phone), await stage.visitor(desk)]
  const wanted = world.products[5]
  for (const buyer of watching) {
    await buyer.page.goto(`/room/${room.id}`)
    await buyer.page.locator('.offer').waitFor()
    await buyer.page.evaluate((title) => {
      window.seenAt = new Promise((done) => {
        const look = () => document.querySelector('.offer strong')?.textContent?.includes(title) && done(Date.now())
        new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
      })
    }, wanted.title)
  }
  const button = one.page.getByRole('button', { name: `讲解 ${wanted.title}` })
  const box = await button.boundingBox()
  assert.ok(box.width >= 64 && box.height >= 56, 'large enough for a thumb')
  const at = await button.evaluate((element) => {
    const now = Date.now()
    element.click()
    return now
  })
  for (const buyer of watching) {
    const ms = (await buyer.page.evaluate(() => window.seenAt)) - at
    assert.ok(ms < 300, `it took ${ms} ms`)
  }
  await one.page.getByRole('button', { name: `讲完 ${wanted.title}` }).waitFor()
  unharmed(one, ...watching)
})

test('a pin is shown: a host pins, and both who watch see it in under 300 ms', async () => {
  const { world } = stage
  const room = world.live[1]
  const watching = [await stage.visitor(), await stage.visitor(desk)]
  const wanted = world.products[7]
  await room.host.client.put(`/broadcasts/${room.id}/shelf`, { product_ids: [...world.products.slice(3, 9)].map((one) => one.id) })
  for (const one of watching) {
    await one.page.goto(`/room/${room.id}`)
    await one.page.locator('.offer').waitFor()
    await one.page.evaluate((title) => {
      window.seenAt = new Promise((done) => {
        const look = () => document.querySelector('.offer strong')?.textContent?.includes(title) && done(Date.now())
        new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
      })
    }, wanted.title)
  }
  const at = Date.now()
  await room.host.client.post(`/broadcasts/${room.id}/pins`, { product_id: wanted.id })
  for (const one of watching) {
    const ms = (await one.page.evaluate(() => window.seenAt)) - at
    assert.ok(ms < 300, `it took ${ms} ms`)
  }
  unharmed(...watching)
})

test('landing: the product stands there within a second on a phone’s network', async () => {
  const { world } = stage
  const times = []
  for (let i = 0; i < 3; ++i) {
    const share = await world.hosts[1].client.post('/shares', { kind: 'moment', channel: 'dm', broadcast_id: world.live[0].id, product_id: world.products[0].id })
    const one = await stage.visitor()
    const client = await one.context.newCDPSession(one.page)
    await client.send('Network.enable')
    await client.send('Network.emulateNetworkConditions', { offline: false, latency: 20, downloadThroughput: (9 * 1024 * 1024) / 8, uploadThroughput: (3 * 1024 * 1024) / 8 })
    const at = Date.now()
    await one.page.goto(new URL(share.url).pathname, { waitUntil: 'commit' })
    await one.page.getByRole('dialog').getByRole('heading', { name: world.products[0].title }).waitFor()
    times.push(Date.now() - at)
    await one.context.close()
    unharmed(one)
  }
  // The best of three, on a machine that may have other work.
  const share = Math.max(1, loadavg()[0] / cpus().length)
  console.log(`landing took ${times.join(', ')} ms at load ${share.toFixed(1)}`)
  assert.ok(Math.min(...times) < 1000 * share, `it took ${times.join(', ')} ms`)
})

test('landing on a weak phone: four times slower, a mobile network; the product stands there, and can be touched, within a second', async () => {
  const { world } = stage
  const stood = []
  const alive = []
  for (let i = 0; i < 5; ++i) {
    const share = await world.hosts[1].client.post('/shares', { kind: 'moment', channel: 'dm', broadcast_id: world.live[0].id, product_id: world.products[0].id })
    const one = await stage.visitor()
    await slowPhone(one.page)
    await one.page.addInitScript(() => {
      window.marks = {}
      const see = (name, selector) => {
        if (name in window.marks || !document.querySelector(selector)) return
        window.marks[name] = NaN
        requestAnimationFrame(() => setTimeout(() => {
          window.marks[name] = performance.now()
          console.log(`mark ${name}`)
        }))
      }
      new MutationObserver(() => {
        see('stood', '#first h2, [role=dialog] h3')
        see('alive', '[role=dialog] h3')
      }).observe(document, { subtree: true, childList: true })
    })
    const asked = []
    one.page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    // Told by the page: asking it again and again would be work for its weak processor.
    const told = one.page.waitForEvent('console', (message) => message.text() === 'mark alive')
    await one.page.goto(new URL(share.url).pathname, { waitUntil: 'commit' })
    await told
    const [marks, painted] = await one.page.evaluate(() => [window.marks, performance.getEntriesByName('first-contentful-paint')[0]?.startTime])
    // From the tap on the link, its redirect included, to the first picture with the product's name in it.
    stood.push(Math.round(Math.max(marks.stood, painted)))
    alive.push(Math.round(marks.alive))
    await one.page.locator('#first').waitFor({ state: 'detached' })
    assert.deepEqual(asked.filter((path) => /^\/api\/v1\/(site|me|broadcasts|products)/.test(path)), [], 'what the page carries is not asked for again')
    unharmed(one)
    await one.context.close()
  }
  const middle = (list) => [...list].sort((a, b) => a - b)[2]
  const share = Math.max(1, loadavg()[0] / cpus().length)
  console.log(`landing on a weak phone: the product stands after ${stood.join(', ')} ms and can be tapped after ${alive.join(', ')} ms, at load ${loadavg()[0].toFixed(1)}`)
  assert.ok(middle(stood) < 1000, `it stood after ${stood.join(', ')} ms`)
  assert.ok(middle(alive) < 1000 * share, `it could be touched after ${alive.join(', ')} ms`)
})

// Ten thousand rooms on one wall: what it costs to look through them while they change.
test('ten thousand rooms stay smooth', async () => {
  const { world } = stage
  const rows = Array.from({ length: 10_000 }, (_, i) => `N${i},主播${i},139${10_000_000 + i},${['浙江杭州', '福建福州', '江苏苏州', '山东青岛', '四川成都', '广东广州', '湖北武汉'][i % 7]},${(i % 5) + 1}`)
  await fetch(`${world.server.url}/api/v1/brands/${world.brand}/agents:import`, { method: 'POST', headers: { Authorization: `Bearer ${world.owner.token}`, 'Content-Type': 'application/octet-stream' }, body: ['code,name,phone,region,level', ...rows].join('\n') })
  const n = Number(execFileSync('python3', [new URL('./many_rooms.py', import.meta.url).pathname, world.db.replace('sqlite:', ''), world.brand], { encoding: 'utf8' }))
  assert.ok(n >= 9_900, `${n} rooms were put on air`)
  const one = await stage.visitor({ ...desk, locale: 'zh-CN' })
  await stage.logIn(one, world.founder)
  const { page } = one
  // Every second a thousand rooms get other numbers, as on a busy evening.
  await page.routeWebSocket(/\/wall\/ws/, (socket) => {
    const server = socket.connectToServer()
    const ids = []
    let turn = 0
    let totals
    socket.onMessage((message) => server.send(message))
    server.onMessage((message) => {
      const told = JSON.parse(String(message))
      if (told.totals) totals = told.totals
      if (told.t === 'rooms') ids.push(...told.rows.map((row) => row[0]))
      socket.send(message)
    })
    const timer = setInterval(() => {
      if (ids.length === 0 || !totals) return
      ++turn
      const numbers = Array.from({ length: 1000 }, (_, i) => {
        const k = (turn * 1000 + i) % ids.length
        const viewers = (k * 7919 + turn * 13) % 400
        const orders = (k + turn) % 9
        return [ids[k], viewers, orders, orders * 12_345, viewers + 20 * orders]
      })
      socket.send(JSON.stringify({ t: 'diff', rows: [], numbers, gone: [], totals: { ...totals, rooms: ids.length } }))
    }, 1000)
    timer.unref()  // a context that is closed does not always close its sockets first
    socket.onClose(() => clearInterval(timer))
  })
  await page.goto(`/brand/${world.brand}/wall`)
  await page.waitForFunction(() => Number(/\d[\d,]*/.exec(document.querySelector('[role=listbox]')?.getAttribute('aria-label') ?? '0')?.[0].replaceAll(',', '')) >= 9_900)
  for (const view of ['点阵', '小格', '卡片']) {
    await page.getByRole('button', { name: view, exact: true }).click()
    const box = await page.getByRole('listbox').boundingBox()
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    let best
    for (let attempt = 0; attempt < 3 && !(best && best.median <= 17.5 && best.longest <= 50); ++attempt) {
      await page.evaluate(() => {
        window.frames60 = []
        window.long = []
        window.seeing = true
        window.watcher = new PerformanceObserver((list) => window.long.push(...list.getEntries().map((one) => one.duration)))
        window.watcher.observe({ type: 'longtask' })
        let last = performance.now()
        const step = (now) => {
          window.frames60.push(now - last)
          last = now
          if (window.seeing) requestAnimationFrame(step)
        }
        requestAnimationFrame(step)
      })
      for (let i = 0; i < 60; ++i) {
        await page.mouse.wheel(0, i % 20 < 14 ? 700 : -600)
        await new Promise((done) => setTimeout(done, 40))
      }
      const got = await page.evaluate(() => {
        window.seeing = false
        window.watcher.disconnect()
        const sorted = [...window.frames60].sort((a, b) => a - b)
        return { median: sorted[sorted.length >> 1], p95: sorted[Math.floor(sorted.length * 0.95)], frames: sorted.length, longest: Math.max(0, ...window.long) }
      })
      if (!best || got.longest < best.longest) best = got
    }
    console.log(`wall, ${view}: a frame every ${best.median.toFixed(1)} ms (95 % within ${best.p95.toFixed(1)}), longest task ${best.longest.toFixed(0)} ms, load ${(loadavg()[0] / cpus().length).toFixed(1)}`)
    assert.ok(best.longest <= 50, `${view}: a task of ${best.longest} ms`)
    assert.ok(best.median <= 17.5, `${view}: a frame every ${best.median} ms`)
  }
  // With the keyboard: the last room, and its panel.
  await page.getByRole('button', { name: '小格', exact: true }).click()
  await page.getByRole('listbox').focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  unharmed(one)
})
