// Opens a moment link COUNT times in a fresh browser context of a phone's size, over loopback, and says as JSON after how
// many ms each time the page had painted and the product's card stood there: from the tap on the link, its redirect
// included. A world of its own (tests/browser/world.mjs).
//
//   LIANBO_PROGRAM=… node bench/load/landing.mjs COUNT
import { launch, openContext, phone } from '../../tests/browser/browser.mjs'
import { makeWorld } from '../../tests/browser/world.mjs'

const count = Number(process.argv[2] ?? 20)
const world = await makeWorld({ settings: ['api.check_replies=0'] })
const browser = await launch()
const times = []
try {
  for (let i = 0; i < count + 2; ++i) {
    const share = await world.hosts[1].client.post('/shares', { kind: 'moment', channel: 'dm', broadcast_id: world.live[0].id, product_id: world.products[0].id })
    const one = await openContext(browser, world.server.url, phone)
    const page = await one.context.newPage()
    await page.addInitScript(() => {
      const see = () => {
        if ('stood' in window || !document.querySelector('#first h2, [role=dialog] h3')) return
        window.stood = NaN
        requestAnimationFrame(() => setTimeout(() => (window.stood = performance.now())))
      }
      new MutationObserver(see).observe(document, { subtree: true, childList: true })
    })
    await page.goto(new URL(share.url).pathname, { waitUntil: 'commit' })
    await page.waitForFunction(() => window.stood > 0 && performance.getEntriesByName('first-contentful-paint').length > 0)
    const [stood, painted] = await page.evaluate(() => [window.stood, performance.getEntriesByName('first-contentful-paint')[0].startTime])
    if (i >= 2) times.push(Math.max(stood, painted)) // the first two warm the browser up
    await one.context.close()
  }
} finally {
  await browser.close()
  await world.close()
}
console.log(JSON.stringify({ times }))
