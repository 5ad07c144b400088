// Pictures of every main page at both sizes, light and dark, in both languages, into build/shots (ignored).
//   node tests/browser/shots.mjs [pattern …]     only pictures whose name, as in host-air.390.dark.en, fits one of these
// LIANBO_SHOTS_WHOLE=1: the whole page instead of what the screen shows of it.
// Each entry lists its pages in shots_ENTRY.mjs beside this file:
//   export default [{name, open(page, world), as?(world), before?(world, browser), sizes?}…]
// `as` gives the account that is logged in; `before(world, browser)` changes the world, once; `sizes` leaves one of 390 and 1440 out.
// world is makeWorld's with `day`, what fillDay gave.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { desk, launch, openContext, phone, settled } from './browser.mjs'
import { mediaSettings } from './media_day.mjs'
import { fillDay, fillTrust, makeWorld } from './world.mjs'

const at_once = 3  // pages spend most of their time waiting for the network to be idle

async function take() {
  const folder = fileURLToPath(new URL('../../build/shots/', import.meta.url))
  const wanted = process.argv.slice(2).map((one) => new RegExp(one))
  const pictures = []
  for (const entry of ['shop', 'host', 'brand'])
    for (const one of (await import(`./shots_${entry}.mjs`)).default)
      for (const [size, options] of [['390', phone], ['1440', desk]])
        for (const colorScheme of ['light', 'dark'])
          for (const locale of ['zh-CN', 'en-US']) {
            const name = `${entry}-${one.name}.${size}.${colorScheme}.${locale.slice(0, 2)}`
            if (one.sizes && !one.sizes.includes(size)) continue
            if (wanted.length === 0 || wanted.some((pattern) => pattern.test(name))) pictures.push({ name, one, options: { ...options, colorScheme, locale } })
          }
  mkdirSync(folder, { recursive: true })
  const world = await makeWorld({ settings: ['room.chat_per_10s=100', 'room.counts_ms=200', ...mediaSettings] })
  const browser = await launch()
  const faults = []
  const sessions = new Map()
  // Everyone logs in once; each picture's context is given the cookies of that.
  const cookiesOf = async (account) => {
    if (!sessions.has(account.login)) {
      const { context } = await openContext(browser, world.server.url)
      const answer = await context.request.post(`${world.server.url}/api/v1/sessions`, { data: { login: account.login, password: account.password }, headers: { 'X-Lianbo-Csrf': '1' } })
      if (!answer.ok()) throw new Error(`${account.login} can't log in: ${answer.status()}`)
      sessions.set(account.login, await context.cookies())
      await context.close()
    }
    return sessions.get(account.login)
  }
  let made = 0
  const picture = async ({ name, one, options }) => {
    const { context, faults: found } = await openContext(browser, world.server.url, options)
    try {
      if (one.as) await context.addCookies(await cookiesOf(one.as(world)))
      const page = await context.newPage()
      await one.open(page, world)
      await settled(page)
      await page.screenshot({ path: `${folder}${name}.png`, fullPage: !!process.env.LIANBO_SHOTS_WHOLE })
      ++made
    } catch (error) {
      found.push(`not made: ${error.message.split('\n')[0]}`)
    }
    // Pictures and clips are another server's.
    for (const fault of found) if (!/outside request: .*\.(m3u8|ts|mp4|jpg)/.test(fault)) faults.push(`${name}: ${fault}`)
    await context.close()
  }
  try {
    world.day = await fillDay(world)
    world.trust = await fillTrust(world)
    for (const one of new Set(pictures.map((each) => each.one))) await one.before?.(world, browser)
    const queue = [...pictures]
    await Promise.all(Array.from({ length: at_once }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await picture(next)
    }))
  } finally {
    await browser.close()
    world.media?.close()
    await world.close()
  }
  console.log(`${made} pictures in build/shots`)
  for (const fault of faults) console.error(fault)
  process.exit(faults.length ? 1 : 0)
}
await take()
