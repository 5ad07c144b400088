// The server answers the addresses of the shop's pages with the shop: both lists must name the same ones.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { routes } from '../shop/router'

it('every address of the shop is served', () => {
  const source = readFileSync(join(__dirname, '..', '..', 'src', 'app', 'web_files.cpp'), 'utf8')
  const list = /kShopPages\{([^}]*)\}/.exec(source)?.[1] ?? ''
  const served = [...list.matchAll(/"(\w+)"/g)].map((m) => m[1]!).sort()
  const paths = [...new Set(routes.map((route) => route.path.split('/')[1]!).filter((one) => one && !one.startsWith(':')))].sort()
  expect(served).toEqual(paths)
})
