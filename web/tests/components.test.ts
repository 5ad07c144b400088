// @vitest-environment node
// A component that a template names and nobody imported is drawn as nothing, and no compiler says so.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'vue/compiler-sfc'
import { expect, it } from 'vitest'

const root = join(__dirname, '..')
const built = new Set(['RouterLink', 'RouterView', 'Transition', 'TransitionGroup', 'Teleport', 'KeepAlive', 'Suspense'])
const files = (folder: string): string[] =>
  readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name)
    return statSync(join(root, path)).isDirectory() ? files(path) : name.endsWith('.vue') ? [path] : []
  })

it.each(['shop', 'host', 'brand', 'shared'])('%s names only components that are there', (folder) => {
  const found: string[] = []
  for (const path of files(folder)) {
    const { template, scriptSetup, script } = parse(readFileSync(join(root, path), 'utf8')).descriptor
    const code = `${scriptSetup?.content ?? ''}${script?.content ?? ''}`
    const self = path.split('/').pop()!.replace('.vue', '')
    const walk = (node: any) => {
      if (node.type === 1 && /^[A-Z]/.test(node.tag) && !built.has(node.tag) && node.tag !== self && !new RegExp(`\\b${node.tag}\\b`).test(code)) found.push(`${path}: ${node.tag}`)
      for (const child of node.children ?? []) walk(child)
    }
    if (template?.ast) walk(template.ast)
  }
  expect([...new Set(found)]).toEqual([])
})
