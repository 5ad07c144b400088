// A world and a browser for one file of tests: `const stage = makeStage()` at its top, then in each test
// `const one = await stage.visitor(phone)`, perhaps `await stage.logIn(one, account)`, and at its end `unharmed(one)`.
// `prepare(world)` changes the world before the first test; `wholeBrowser` takes Chromium with its desktop.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { launch, logInAs, openContext, phone } from './browser.mjs'
import { makeWorld } from './world.mjs'

export function makeStage(options = {}) {
  const stage = {
    world: undefined,
    browser: undefined,
    // A browser of its own, with nothing kept: {page, context, faults, api(path)}. Closed after the last test.
    async visitor(size = phone) {
      const one = await openContext(stage.browser, stage.world.server.url, size)
      one.page = await one.context.newPage()
      one.api = (path) => one.page.evaluate(async (url) => (await fetch(`/api/v1${url}`)).json(), path)
      return one
    },
    // Many pages looked at in several browsers side by side, so that the waiting of one page is another's time: each of
    // `combinations` (size, theme, language) sees every path, `beside` of its pages at once. look(one, path, options)
    // gives what is wrong there, as lines.
    async sweep(combinations, account, paths, look, beside = 2) {
      const faults = []
      const visit = async (options, queue) => {
        const one = await stage.visitor(options)
        await stage.logIn(one, account)
        for (let path = queue.shift(); path !== undefined; path = queue.shift())
          for (const fault of await look(one, path, options)) faults.push(`${path} ${options.colorScheme} ${options.viewport.width}: ${fault}`)
        unharmed(one)
        await one.context.close()
      }
      await Promise.all(combinations.flatMap((options) => {
        const queue = [...paths]
        return Array.from({ length: beside }, () => visit(options, queue))
      }))
      return faults
    },
    // account: {login, password}: world.founder, a world.hosts[i], or what makeBuyer gives.
    logIn: (one, account) => logInAs(one.context, stage.world.server.url, account),
  }
  // Ten minutes are three times what the longest file needs: what hangs is said to, instead of holding up all that follows.
  let watch
  before(async () => {
    watch = setTimeout(async () => {
      console.error('these tests have run for ten minutes: one of them hangs')
      await Promise.race([Promise.allSettled([stage.browser?.close(), stage.world?.close()]), new Promise((done) => setTimeout(done, 10_000))])
      process.exit(1)
    }, 600_000)
    stage.world = await makeWorld({ ...options, settings: ['room.counts_ms=200', ...(options.settings ?? [])] })
    await options.prepare?.(stage.world)
    stage.browser = await launch({ whole: options.wholeBrowser })
  })
  after(async () => {
    clearTimeout(watch)
    await stage.browser?.close()
    await stage.world?.close()
  })
  return stage
}

// No error in any script, nothing refused by the policy, no request to another site.
export function unharmed(...some) {
  for (const one of some) assert.deepEqual(one.faults, [])
}
