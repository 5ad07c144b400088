// Pictures in a real browser: a host's (fake) camera goes on air, and another browser sees it move.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { logInAs, phone } from './browser.mjs'
import { makeWorld } from './world.mjs'

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core')
let world, browser
before(async () => {
  world = await makeWorld({ settings: ['media.on=1', 'media.rtmp_port=0', 'media.http_port=0', 'jobs.ms=200'], rooms: 1 })
  browser = await chromium.launch({
    executablePath: process.env.LIANBO_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
  })
})
after(async () => {
  await browser?.close()
  await world?.server.stop()
})

test('a camera goes on air and is seen in another browser', async () => {
  const base = world.server.url
  const room = world.live[0]
  const studio = await browser.newContext({ ...phone, locale: 'zh-CN', baseURL: base, permissions: ['camera', 'microphone'] })
  await logInAs(studio, base, room.host)
  const host = await studio.newPage()
  await host.goto(`/host/live/${room.id}`)
  await host.getByRole('button', { name: '用手机摄像头直播' }).tap()
  const seen = await browser.newContext({ ...phone, locale: 'zh-CN', baseURL: base })
  const viewer = await seen.newPage()
  const refused = []
  viewer.on('console', (message) => message.type() === 'error' && /Content Security/.test(message.text()) && refused.push(message.text()))
  await viewer.goto(`/room/${room.id}`)
  const frames = () => viewer.evaluate(() => document.querySelector('.moving video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0)
  const until = Date.now() + 60_000
  while ((await frames()) < 20 && Date.now() < until) await viewer.waitForTimeout(200)
  const first = await frames()
  assert.ok(first >= 20, `${first} frames were shown`)
  await viewer.waitForTimeout(1500)
  assert.ok((await frames()) > first, 'the picture stands still')
  assert.deepEqual(refused, [])
})
