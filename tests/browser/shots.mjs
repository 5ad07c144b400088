// Pictures of every main page at both sizes, light and dark, in both languages, into build/shots (ignored).
//   node tests/browser/shots.mjs [part of a name …]     only pages whose name contains one of these
// Each entry lists its pages in shots_ENTRY.mjs beside this file:
//   export default [{name, open(page, world), as?(world), before?(world, browser), sizes?}…]
// `as` gives the account that is logged in; `before(world, browser)` changes the world, once; `sizes` leaves one of 390 and 1440 out.
// world is makeWorld's with `day`, what fillDay gave. LIANBO_SHOTS=quick: light Chinese and dark English only.
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { desk, launch, logInAs, openContext, phone, settled } from './browser.mjs'
import { fillDay, fillTrust, makeWorld } from './world.mjs'

async function take() {
  const folder = fileURLToPath(new URL('../../build/shots/', import.meta.url))
  const wanted = process.argv.slice(2)
  const combos = process.env.LIANBO_SHOTS === 'quick' ? [['light', 'zh-CN'], ['dark', 'en-US']] : [['light', 'zh-CN'], ['dark', 'zh-CN'], ['light', 'en-US'], ['dark', 'en-US']]
  const pages = []
  for (const entry of ['shop', 'host', 'brand']) {
    const path = new URL(`./shots_${entry}.mjs`, import.meta.url)
    if (existsSync(path)) pages.push(...(await import(path.href)).default.map((one) => ({ ...one, name: `${entry}-${one.name}` })))
  }
  const chosen = pages.filter((one) => wanted.length === 0 || wanted.some((part) => one.name.includes(part)))
  mkdirSync(folder, { recursive: true })
  const world = await makeWorld({ settings: ['room.chat_per_10s=100', 'room.counts_ms=200'] })
  const browser = await launch()
  const faults = []
  let made = 0
  try {
    world.day = await fillDay(world)
    world.trust = await fillTrust(world)
    for (const one of chosen) await one.before?.(world, browser)
    for (const [theme, locale] of combos)
      for (const [size, options] of [['390', phone], ['1440', desk]])
        for (const one of chosen) {
          if (one.sizes && !one.sizes.includes(size)) continue
          const { context, faults: found } = await openContext(browser, world.server.url, { ...options, locale, colorScheme: theme })
          try {
            if (one.as) await logInAs(context, world.server.url, one.as(world))
            const page = await context.newPage()
            await one.open(page, world)
            await settled(page)
            await page.screenshot({ path: `${folder}${one.name}.${size}.${theme}.${locale.slice(0, 2)}.png` })
            ++made
          } catch (error) {
            found.push(`not made: ${error.message.split('\n')[0]}`)
          }
          for (const fault of found) faults.push(`${one.name} ${size} ${theme} ${locale}: ${fault}`)
          await context.close()
        }
  } finally {
    await browser.close()
    await world.close()
  }
  console.log(`${made} pictures of ${chosen.length} pages in build/shots`)
  for (const fault of faults) console.error(fault)
  process.exit(faults.length ? 1 : 0)
}
await take()
