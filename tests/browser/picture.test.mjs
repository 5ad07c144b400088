// Pictures in a real browser, both ways in: a host's (fake) camera and an encoder that publishes by RTMP. Another browser
// sees them move; the time that is burnt into them, read out of the player, says how long the way was. Both leave clips and
// a replay.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { axeFindings, browserProgram, desk, logInAs, openContext, phone, smallTargets, tooWide } from './browser.mjs'
import { apart, cameraFilm, publishClock, readMark, turn } from './film.mjs'
import { makeHost, makeWorld } from './world.mjs'

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core')
const longestS = 4
let world, browser, folder, encoder
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lianbo-film-'))
  cameraFilm(join(folder, 'camera.mjpeg'))
  world = await makeWorld({ settings: ['media.on=1', 'media.rtmp_port=0', 'media.http_port=0', 'jobs.ms=200'], rooms: 3 })
  browser = await chromium.launch({
    executablePath: browserProgram(),
    args: ['--no-sandbox', '--disable-gpu', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${join(folder, 'camera.mjpeg')}`, '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
  })
})
after(async () => {
  encoder?.kill('SIGKILL')
  await browser?.close()
  await world?.close()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const until = async (what, seconds, words) => {
  for (const end = Date.now() + seconds * 1000; ; await new Promise((go) => setTimeout(go, 100))) {
    const got = await what()
    if (got) return got
    assert.ok(Date.now() < end, words)
  }
}
// The viewer's page of a room; what its policy refuses is collected.
async function watch(room) {
  const context = await browser.newContext({ ...phone, locale: 'zh-CN', baseURL: world.server.url })
  const page = await context.newPage()
  page.refused = []
  page.on('console', (message) => message.type() === 'error' && /Content Security/.test(message.text()) && page.refused.push(message.text()))
  await page.goto(`/room/${room.id}`)
  return page
}
// Seconds from glass to glass, the worst of many looks: `shown` is what was drawn when the viewer's frame is looked at.
async function longestWay(page, shown) {
  const first = await readMark(page, '.moving video')
  let worst = 0
  for (let i = 0; i < 12; i++) {
    const [seen, now] = await Promise.all([readMark(page, '.moving video'), shown()])
    worst = Math.max(worst, apart(now.mark + (seen.at - now.at), seen.mark) / 10)
    await page.waitForTimeout(250)
  }
  const last = await readMark(page, '.moving video')
  assert.ok(last.frames > first.frames + 10 && apart(last.mark, first.mark) > 15, `the picture stands still: ${JSON.stringify([first, last])}`)
  return worst
}
// Somebody's browser: {page, context}; null: a guest's.
async function person(who, size = phone) {
  const { context } = await openContext(browser, world.server.url, size)
  if (who) await logInAs(context, world.server.url, who)
  return { context, page: await context.newPage() }
}
// A pin of a few seconds, so that there is a clip.
async function explain(room, product = room === world.live[0] ? 1 : 4) {
  await room.host.client.post(`/broadcasts/${room.id}/pins`, { product_id: world.products[product].id })
  await new Promise((go) => setTimeout(go, 3000))
  await room.host.client.delete(`/broadcasts/${room.id}/pins/open`)
}
// Its clip plays, and after the end so does the replay, from its beginning.
async function leaves(room, page) {
  const found = await until(async () => (await world.owner.get(`/stores/${room.store_id}/clips`)).items.find((one) => one.broadcast_id === room.id && one.state === 'ready'), 30, 'no clip within 30 s')
  await page.goto(`/clip/${found.id}`)
  await until(() => page.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 0.4), 20, 'the clip does not play')
  await room.host.client.post(`/broadcasts/${room.id}/end`)
  await page.goto(`/room/${room.id}`)
  const replay = await until(() => readMark(page, '.moving video'), 30, 'the replay does not come')
  await until(async () => apart((await readMark(page, '.moving video')).mark, replay.mark) > 10, 20, 'the replay stands still')
  return replay
}

test('a camera goes on air and is seen in another browser', async () => {
  const room = world.live[0]
  const studio = await browser.newContext({ ...phone, locale: 'zh-CN', baseURL: world.server.url, permissions: ['camera', 'microphone'] })
  await logInAs(studio, world.server.url, room.host)
  const host = await studio.newPage()
  await host.goto(`/host/live/${room.id}`)
  await host.getByRole('button', { name: '用手机摄像头直播' }).tap()
  const page = await watch(room)
  await until(async () => ((await readMark(page, '.moving video'))?.frames ?? 0) > 30, 60, 'no picture comes')
  const worst = await longestWay(page, () => readMark(host, '.camera video'))
  console.log(`camera, glass to glass: ${worst.toFixed(1)} s`)
  assert.ok(worst <= longestS, `from glass to glass ${worst} s`)
  await explain(room)
  await leaves(room, page)
  assert.deepEqual(page.refused, [])
  await studio.close()
  await page.context().close()
})

test('an encoder publishes by RTMP and is seen within four seconds', async () => {
  const room = world.live[1]
  const { ingest_url } = (await world.owner.get('/site')).media
  encoder = publishClock(`rtmp://127.0.0.1${ingest_url}/${room.picture.stream}?key=${room.stream_key}`)
  const page = await watch(room)
  await until(async () => ((await readMark(page, '.moving video'))?.frames ?? 0) > 30, 60, 'no picture comes')
  const worst = await longestWay(page, async () => ({ mark: Date.now() / 100, at: Date.now() / 100 }))
  console.log(`RTMP, glass to glass: ${worst.toFixed(1)} s`)
  assert.ok(worst <= longestS, `from glass to glass ${worst} s`)

  // The moment that is shared is the one that is seen, though the host is seconds further.
  await page.locator('header').getByRole('button', { name: '分享' }).tap()
  const seen = await readMark(page, '.moving video')
  const [asked] = await Promise.all([page.waitForRequest((one) => one.method() === 'POST' && one.url().endsWith('/api/v1/shares')), page.getByRole('dialog').getByRole('button', { name: '复制链接' }).tap()])
  const moment = Date.parse((await world.owner.get(`/broadcasts/${room.id}`)).picture.first_frame_at) + asked.postDataJSON().media_ms
  const off = Math.min(apart(moment / 100, seen.mark), apart(seen.mark, moment / 100))
  assert.ok(off <= 10, `what is shared is ${off / 10} s from what is seen`)
  assert.deepEqual(page.refused, [])
  await page.context().close()
})

test('a host gets a new stream key while on air; the picture runs on, and the new key is good when it ends', async () => {
  const room = world.live[1]
  const { ingest_url } = (await world.owner.get('/site')).media
  const state = async () => (await world.owner.get(`/broadcasts/${room.id}`)).picture.state
  const air = await person(room.host)
  const { page } = air
  await page.goto(`/host/live/${room.id}`)
  await page.getByRole('button', { name: '推流密钥' }).tap()
  const dialog = page.getByRole('dialog', { name: '用 OBS 等软件推流' })
  await dialog.getByRole('button', { name: '取串流密钥' }).tap()
  const key = dialog.locator('#stream-key')
  await key.waitFor()
  assert.deepEqual([...(await axeFindings(page)), ...(await smallTargets(page)), ...(await tooWide(page))], [])
  // Two seconds of film arrive after it: nobody was cut off.
  const viewer = await watch(room)
  const first = await until(() => readMark(viewer, '.moving video'), 40, 'the picture does not come')
  await until(async () => apart((await readMark(viewer, '.moving video')).mark, first.mark) > 20, 30, 'the picture stands still')
  assert.equal(encoder.exitCode, null, 'the encoder goes on')
  assert.equal(await state(), 'on')
  // The same host, from another encoder: the old one stops, the new key lets in.
  encoder.kill('SIGKILL')
  await until(async () => (await state()) === 'cut', 30, 'nobody notices that the encoder is gone')
  encoder = publishClock(`rtmp://127.0.0.1${ingest_url}/${await key.inputValue()}`)
  await until(async () => (await state()) === 'on', 30, 'the new key does not let in')
  // One that got into other hands: void at once, and the picture with it.
  await dialog.getByRole('button', { name: '密钥泄露了？让旧密钥马上作废' }).tap()
  await dialog.getByRole('button', { name: '作废并换新' }).tap()
  await until(async () => (await state()) === 'cut', 30, 'who has the void key still publishes')
  encoder.kill('SIGKILL')
  encoder = publishClock(`rtmp://127.0.0.1${ingest_url}/${await key.inputValue()}`)
  await until(async () => (await state()) === 'on', 30, 'the newest key does not let in')
  for (const one of [air, { context: viewer.context() }]) await one.context.close()
})

test('a room carries the picture of another, and stops', async () => {
  const [, head, room] = world.live
  const studio = await person(room.host)
  await studio.page.goto(`/host/live/${room.id}`)
  const carry = studio.page.getByRole('region', { name: '转播画面' })
  await carry.getByRole('button', { name: '转播别的直播间的画面' }).tap()
  await carry.getByRole('listitem').filter({ hasText: head.title }).getByRole('button', { name: '转播' }).tap()
  await carry.getByText(`正在转播「${head.title}」的画面`).waitFor()
  assert.deepEqual([...(await axeFindings(studio.page)), ...(await tooWide(studio.page))], [])
  const page = await watch(room)
  const seen = await until(() => readMark(page, '.moving video'), 40, 'the carried picture does not come')
  assert.ok(apart(seen.at, seen.mark) < 100, `the carrying room shows the head's picture of now: ${JSON.stringify(seen)}`)
  await explain(room, 7)

  // The brand's desk stops it and begins it again, in the room beside the wall; the host's page hears of both.
  const staff = await person(world.founder, desk)
  await staff.page.goto(`/brand/${world.brand}/wall`)
  await staff.page.getByRole('button', { name: '列表', exact: true }).click()
  await staff.page.getByRole('link', { name: room.host.name }).click()
  const beside = staff.page.getByRole('dialog').getByRole('region', { name: '转播画面' })
  await beside.getByRole('button', { name: '停止转播' }).click()
  await carry.getByRole('button', { name: '转播别的直播间的画面' }).waitFor()
  assert.equal((await world.owner.get(`/broadcasts/${room.id}`)).picture.state, 'none')
  await beside.getByRole('button', { name: '转播别的直播间的画面' }).click()
  await beside.getByRole('listitem').filter({ hasText: head.title }).getByRole('button', { name: '转播' }).click()
  await carry.getByRole('button', { name: '停止转播' }).tap()
  await carry.getByRole('button', { name: '转播别的直播间的画面' }).waitFor()
  for (const one of [studio, staff]) await one.context.close()
  await page.context().close()
})

test('the replay of a room that carried another’s picture is that part of the other’s recording, and says so', async () => {
  const [, head] = world.live
  const host = await makeHost(world, 'C09', '贺知秋', '知秋小店', '上海')
  const room = await host.client.post(`/stores/${host.store_id}/broadcasts`, { title: '跟着品牌一起看', scheduled_at: new Date().toISOString(), product_ids: [world.products[4].id] })
  await host.client.put(`/broadcasts/${room.id}/picture`, { of: head.id })
  await host.client.post(`/broadcasts/${room.id}/start`)
  const began = Date.now() / 100
  await new Promise((go) => setTimeout(go, 6000))
  await host.client.post(`/broadcasts/${room.id}/end`)
  const over = Date.now() / 100
  const { media } = await world.owner.get('/site')
  const list = media.all_url.replace(/^:/, 'http://127.0.0.1:').replace('{stream}', head.picture.stream)
  const recorded = async () => Date.parse([...(await (await fetch(list)).text()).matchAll(/PROGRAM-DATE-TIME:(.*)/g)].pop()[1]) / 100
  await until(async () => (await recorded()) > over, 20, 'the head is not recorded any more')
  const page = await watch(room)
  await page.getByText(`画面转播自${head.host.name}的直播间`).waitFor()
  const seen = await until(() => readMark(page, '.moving video'), 40, 'the replay does not come')
  const off = (mark, at) => (apart(mark, at) < turn / 2 ? apart(mark, at) : -apart(at, mark))
  assert.ok(off(seen.mark, began) > -25 && off(seen.mark, over) < 10, `it began at ${began % turn}, its replay at ${seen.mark}`)
  await until(() => page.evaluate(() => document.querySelector('.moving video').paused), 30, 'the replay does not end where the room ended')
  const last = await readMark(page, '.moving video')
  assert.ok(Math.abs(off(last.mark, over)) < 25, `it ended at ${over % turn}, its replay at ${last.mark}`)
  assert.deepEqual(page.refused, [])
  await page.context().close()
})

test('clips are renamed, withdrawn, posted by another host, and found beside the rooms of the same item', async () => {
  const [, head, room] = world.live
  await explain(head)
  const product = world.products[4]
  const of = (id) => world.owner.get(`/stores/${id}/clips`).then((got) => got.items.filter((one) => one.shown))
  const clip = await until(async () => (await of(head.store_id)).find((one) => one.product_id === product.id), 30, 'no clip within 30 s')
  await until(async () => (await of(room.store_id)).length > 0, 30, 'the carrying room has no clip of its own')

  const own = await person(head.host)
  const { page } = own
  await page.goto('/host/more')
  await page.getByRole('link', { name: '同款切片' }).tap()
  const row = page.getByRole('listitem').filter({ hasText: product.title }).first()
  await row.getByRole('button', { name: '改标题' }).tap()
  await page.getByLabel('标题').fill('三分钟讲透这款茶')
  await page.getByRole('button', { name: '保存' }).tap()
  const renamed = page.getByRole('listitem').filter({ hasText: '三分钟讲透这款茶' })
  const file = `${(await world.owner.get('/site')).media.clips_url.replace(/^:/, 'http://127.0.0.1:')}/${clip.name}/clip.mp4`
  const answers = async () => (await fetch(file, { method: 'HEAD' })).status
  // A browser that has it keeps it, and asks before it shows it again.
  const visitor = await person(null)
  await visitor.page.goto(`/clip/${clip.id}`)
  const again = () => visitor.page.evaluate(async (url) => (await fetch(url)).status, file)
  assert.equal(await again(), 200)
  await renamed.getByRole('button', { name: '撤下' }).tap()
  await renamed.getByRole('button', { name: '确认撤下' }).tap()
  await renamed.getByRole('button', { name: '重新展示' }).waitFor()
  await until(async () => (await answers()) === 404, 10, 'the file of a withdrawn clip answers')
  assert.equal(await again(), 404, 'a browser that has seen a clip goes on to show it after it was withdrawn')
  await visitor.context.close()
  await renamed.getByRole('button', { name: '重新展示' }).tap()
  await renamed.getByText('展示中').waitFor()
  await until(async () => (await answers()) === 200, 10, 'the file of a clip that is shown again does not answer')

  // Another host posts it as clipper, and takes it out again.
  const other = await person(room.host)
  await other.page.goto('/host/clips')
  await other.page.getByRole('button', { name: '品牌全部' }).tap()
  const theirs = other.page.getByRole('listitem').filter({ hasText: '三分钟讲透这款茶' })
  await theirs.getByRole('button', { name: '发布到我的店铺' }).tap()
  await theirs.getByText('已发布到我的店铺').waitFor()
  assert.ok((await of(room.store_id)).some((one) => one.id === clip.id))
  await theirs.getByRole('button', { name: '分享' }).waitFor()
  await theirs.getByRole('button', { name: '从我的店铺撤下' }).tap()
  await theirs.getByRole('button', { name: '发布到我的店铺' }).waitFor()

  // The brand posts it in a store.
  const staff = await person(world.founder, desk)
  await staff.page.goto(`/brand/${world.brand}/clips`)
  await staff.page.getByRole('listitem').filter({ hasText: '三分钟讲透这款茶' }).getByRole('button', { name: '发布到店铺' }).click()
  const dialog = staff.page.getByRole('dialog')
  await dialog.getByRole('combobox', { name: '代理' }).fill(room.host.name)
  await dialog.getByRole('option').filter({ hasText: room.host.name }).first().click()
  await dialog.getByRole('button', { name: '保存' }).click()
  await until(async () => (await of(room.store_id)).some((one) => one.id === clip.id), 10, 'the brand can not post a clip')

  // 同款, from the product and from the clip.
  const buyer = await person(null)
  await buyer.page.goto(`/product/${product.id}`)
  await buyer.page.getByRole('link', { name: '同款切片与直播' }).tap()
  await buyer.page.getByRole('link', { name: /三分钟讲透这款茶/ }).waitFor()
  await buyer.page.getByRole('link').filter({ hasText: head.title }).waitFor()
  await buyer.page.getByRole('heading', { name: '评价', exact: true }).waitFor()
  await buyer.page.getByRole('link', { name: /三分钟讲透这款茶/ }).tap()
  // Anybody may see what the brand has signed of it.
  await buyer.page.getByText('来源可查证').tap()
  await buyer.page.getByText((await world.owner.get(`/clips/${clip.id}/provenance`)).sha256).waitFor()
  await buyer.page.getByRole('link', { name: /同款/ }).last().tap()
  await buyer.page.getByRole('heading', { name: '同款切片与直播' }).waitFor()

  // Both languages, light and dark, for thumbs and for readers of screens.
  const faults = []
  for (const [who, path, size] of [[head.host, '/host/clips', phone], [null, `/product/${product.id}/same`, phone], [world.founder, `/brand/${world.brand}/clips`, desk]])
    for (const look of [{ locale: 'zh-CN', colorScheme: 'light' }, { locale: 'en-US', colorScheme: 'dark' }]) {
      const one = await person(who, { ...size, ...look })
      await one.page.goto(path)
      await one.page.getByText('三分钟讲透这款茶').first().waitFor()
      for (const fault of [...(await axeFindings(one.page)), ...(size === phone ? await smallTargets(one.page) : []), ...(await tooWide(one.page))]) faults.push(`${path} ${look.locale}: ${fault}`)
      await one.context.close()
    }
  assert.deepEqual(faults, [])
  for (const one of [own, other, staff, buyer]) await one.context.close()

  // The encoder is gone: the host reads what viewers see, and what to do.
  const air = await person(head.host)
  await air.page.goto(`/host/live/${head.id}`)
  await air.page.getByText('画面正常，买家看得到。').waitFor()
  const before = Date.now() / 100
  const viewer = await watch(head)
  encoder.kill('SIGKILL')
  await air.page.getByText(/^画面断了：买家看到“主播正在重新连接”/).waitFor()
  await viewer.getByText('主播正在重新连接…').waitFor()
  await air.context.close()
  const replay = await leaves(head, viewer)
  // It can be stopped, wound with the keyboard, and goes on from there.
  await viewer.getByRole('button', { name: '暂停' }).tap()
  await viewer.getByRole('button', { name: '播放', exact: true }).waitFor()
  const place = viewer.getByRole('slider', { name: '回放进度' })
  await place.press('Home')
  await until(() => viewer.evaluate(() => document.querySelector('.moving video').currentTime < 1), 10, 'winding back does nothing')
  assert.deepEqual([...(await axeFindings(viewer)), ...(await smallTargets(viewer))], [])
  await viewer.getByRole('button', { name: '播放', exact: true }).tap()
  await until(() => viewer.evaluate(() => !document.querySelector('.moving video').paused), 10, 'the replay does not go on')
  assert.ok(apart(before, replay.mark) < 3000, 'the replay begins with what was shown first')
  await viewer.context().close()
})
