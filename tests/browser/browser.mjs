// Debian's Chromium, driven by playwright-core of web/, and what every browser test asks of a page.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../web/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

// Chromium without a desktop around it, which takes a quarter less time; the whole one where a test needs what only that
// has (push messages), or where there is no other. LIANBO_CHROMIUM=FILE chooses for all.
export function browserProgram(whole = false) {
  const shell = '/usr/bin/chromium-headless-shell'
  return process.env.LIANBO_CHROMIUM ?? (!whole && existsSync(shell) ? shell : '/usr/bin/chromium')
}
export function launch({ whole = false } = {}) {
  return chromium.launch({
    executablePath: browserProgram(whole),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }
export const desk = { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 }

const inFlight = new WeakMap()  // page → the requests it waits for

// A context that tells what went wrong in its pages: errors of scripts, what the policy refused, requests to another
// site. `shifts` adds up what moved by itself (CLS).
export async function openContext(browser, base, options = {}) {
  const context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', baseURL: base, ...options })
  const faults = []
  await context.addInitScript(() => {
    window.shifts = []
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (!entry.hadRecentInput)
          window.shifts.push({ value: entry.value, by: entry.sources.map((one) => (one.node?.nodeType === 1 ? `${one.node.tagName.toLowerCase()}.${one.node.className}` : '#text')) })
    }).observe({ type: 'layout-shift', buffered: true })
  })
  context.on('page', (page) => {
    page.on('pageerror', (error) => faults.push(`script: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text())) faults.push(`console: ${message.text()}`)
      if (message.type() === 'warning' && /\[Vue/.test(message.text())) faults.push(`vue: ${message.text()}`)
    })
    const open = new Set()
    inFlight.set(page, open)
    for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => open.delete(request))
    page.on('request', (request) => {
      // The page before this one waits for nothing any more; not each of its requests is told to have failed.
      if (request.isNavigationRequest() && request.frame() === page.mainFrame()) open.clear()
      open.add(request)
      const url = request.url()
      if (!url.startsWith(base) && !/^(data|blob):/.test(url)) faults.push(`outside request: ${url}`)
    })
  })
  return { context, faults }
}

// Logs the browser in as somebody with {login, password}: a buyer, a host, staff. The next page opened knows them.
export async function logInAs(context, base, { login, password }) {
  const answer = await context.request.post(`${base}/api/v1/sessions`, { data: { login, password }, headers: { 'X-Lianbo-Csrf': '1' } })
  if (!answer.ok()) throw new Error(`${login} can't log in: ${answer.status()} ${await answer.text()}`)
}

export async function go(page, path) {
  await page.goto(path)
  await settled(page)
}
// What `step` gives, or after `ms` an error that says what did not come: a page that waits for ever must fail, not hang.
async function within(ms, step, what) {
  let timer
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not within ${ms / 1000} s: ${what()}`)), ms)
  })
  try {
    return await Promise.race([step, late])
  } finally {
    clearTimeout(timer)
  }
}
// The page stands: it has loaded, for a fifth of a second it asked for nothing, and what moves to its place has arrived
// there.
export async function settled(page) {
  await page.waitForLoadState('load')
  const open = inFlight.get(page)
  const end = Date.now() + 60_000
  for (let quiet = 0; quiet < 4; quiet = open.size === 0 ? quiet + 1 : 0) {
    if (Date.now() > end) throw new Error(`not within 60 s: ${page.url()} asks for nothing more. It waits for ${[...open].map((one) => `${one.method()} ${one.url()}`).join(', ')}`)
    await new Promise((done) => setTimeout(done, 50))
  }
  await within(30_000, page.evaluate(async () => {
    const ending = () => document.getAnimations().filter((one) => one.playState === 'running' && one.effect?.getComputedTiming().endTime !== Infinity)
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
    await frame()
    for (let moving = ending(); moving.length > 0; moving = ending()) await Promise.all(moving.map((one) => one.finished.catch(() => undefined)))
    await frame()
  }), () => `what moves on ${page.url()} arrives, and a frame is painted`)
}

// Serious and critical findings of axe-core, as lines to read; [] is what a page should have.
export async function axeFindings(page) {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    // Only what is wrong is written down in full; every rule runs.
    const run = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] })
    return run.violations
      .filter((v) => ['serious', 'critical'].includes(v.impact))
      .map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target.join(' ')} ${n.any[0]?.message ?? n.all[0]?.message ?? ''}`).slice(0, 4).join(' | ')}`)
  })
}

// What a thumb would miss: buttons, links and fields lower or narrower than `least` pixels. Links inside a sentence are
// as high as its line, which is allowed.
export function smallTargets(page, least = 40) {
  return page.evaluate((min) => {
    const inText = (element) => element.tagName === 'A' && getComputedStyle(element).display === 'inline'
    const out = []
    for (const element of document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,[role=button],[role=tab]')) {
      const box = element.getBoundingClientRect()
      const hidden = box.width === 0 || box.height === 0 || getComputedStyle(element).visibility === 'hidden' || element.closest('.visually-hidden,[aria-hidden=true]') || box.bottom <= 0
      // A field inside its label is hit anywhere on the label.
      const label = /^(checkbox|radio)$/.test(element.type ?? '') ? element.closest('label')?.getBoundingClientRect() : undefined
      const [w, h] = [Math.max(box.width, label?.width ?? 0), Math.max(box.height, label?.height ?? 0)]
      if (!hidden && !inText(element) && (w < min || h < min)) out.push(`${element.tagName.toLowerCase()}.${element.className} "${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 24)}" is ${Math.round(w)}×${Math.round(h)}`)
    }
    return out
  }, least)
}

// What reaches out of the screen to the right, where nobody scrolls: [] is what a page should have.
export function tooWide(page) {
  return page.evaluate((width) => {
    if (document.documentElement.scrollWidth <= width) return []
    return [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > width + 1).map((element) => `${element.tagName.toLowerCase()}.${element.className} ends at ${Math.round(element.getBoundingClientRect().right)}`)
  }, page.viewportSize().width)
}

// How much of the page moved by itself since it was opened; below 0.02 nobody notices.
export async function layoutShift(page) {
  const shifts = await page.evaluate(() => window.shifts)
  return { sum: shifts.reduce((n, one) => n + one.value, 0), by: shifts.filter((one) => one.value > 0.001).map((one) => `${one.value.toFixed(3)} ${one.by.join(', ')}`) }
}

// What is wrong with the page at this address for anybody, as lines: [] is what every page should have.
export async function pageFaults(page, path, { isMobile }) {
  await page.goto(path)
  await settled(page)
  const found = [...(await axeFindings(page)), ...(isMobile ? await smallTargets(page) : []), ...(await tooWide(page))]
  if ((await page.locator('.error-state').count()) > 0) found.push('shows an error')
  const shift = await layoutShift(page)
  if (shift.sum >= 0.02) found.push(`the page moved by ${shift.sum.toFixed(3)}: ${shift.by.join('; ')}`)
  return found
}

// A mid-range phone on a mobile network: the processor four times slower, 9 Mbit/s with 60 ms to the server and back.
export async function slowPhone(page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Network.enable')
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 60, downloadThroughput: (9 * 1024 * 1024) / 8, uploadThroughput: (3 * 1024 * 1024) / 8 })
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  return cdp
}
