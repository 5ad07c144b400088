// Debian's Chromium, driven by playwright-core of web/.
import { createRequire } from 'node:module'

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core')

export function launch() {
  return chromium.launch({
    executablePath: process.env.LIANBO_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }
export const desk = { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 }

// A page that tells what went wrong in it: errors of scripts, refused by the policy, requests to another site.
export async function openContext(browser, base, options = {}) {
  const context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', baseURL: base, ...options })
  const faults = []
  context.on('page', (page) => {
    page.on('pageerror', (error) => faults.push(`script: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text())) faults.push(`console: ${message.text()}`)
      if (message.type() === 'warning' && /\[Vue/.test(message.text())) faults.push(`vue: ${message.text()}`)
    })
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(base) && !/^(data|blob):/.test(url)) faults.push(`outside request: ${url}`)
    })
  })
  return { context, faults }
}
