// Nothing untranslated, nothing left over, nothing said twice in two ways.
import { readdirSync, readFileSync, statSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Message } from '@shared/i18n'
import { sharedEn, sharedZh } from '@shared/i18n/messages'

const root = join(__dirname, '..')
type List = Record<string, Message>
const entries = ['shop', 'host', 'brand'].filter((name) => existsSync(join(root, name)))
const lists: [name: string, folders: string[], zh: List, en: List][] = [['shared', ['shared', ...entries], sharedZh, sharedEn]]
for (const name of entries)
  if (existsSync(join(root, name, 'i18n', 'zh.ts')))
    lists.push([name, [name], (await import(`../${name}/i18n/zh.ts`)).zh as List, (await import(`../${name}/i18n/en.ts`)).en as List])

function sources(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(root, path)).isDirectory()) return name === 'i18n' ? [] : sources(path)
    return /\.(vue|ts)$/.test(name) && !name.endsWith('.test.ts') ? [readFileSync(join(root, path), 'utf8')] : []
  })
}
const texts = (message: Message) => (typeof message === 'string' ? [message] : Object.values(message))
const slots = (message: Message) => [...new Set(texts(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!)))].sort()

describe.each(lists)('messages of %s', (name, folders, zh, en) => {
  it('are there in both languages', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
    for (const [key, message] of [...Object.entries(zh), ...Object.entries(en)]) for (const text of texts(message)) expect(text.trim(), key).not.toBe('')
  })
  it('have the same blanks to fill in', () => {
    for (const key of Object.keys(zh)) expect(slots(en[key]!), key).toEqual(slots(zh[key]!))
  })
  it('are in the language they are listed under', () => {
    for (const [key, message] of Object.entries(zh)) if (!/language|^common\.language/.test(key)) for (const text of texts(message)) expect(/[\u4e00-\u9fff]/.test(text) || /^[\s{}\w/·.%]+$/.test(text), `${key}: ${text}`).toBe(true)
    for (const [key, message] of Object.entries(en)) if (key !== 'common.language') for (const text of texts(message)) expect(/[\u4e00-\u9fff]/.test(text), `${key}: ${text}`).toBe(false)
  })
  it('are all used', () => {
    const source = folders.flatMap(sources).join('\n')
    // `order.${state}`: keys that are put together begin with what stands before the blank.
    const built = [...source.matchAll(/`([a-z]+(?:\.[\w]+)*\.)\$\{/g)].map((m) => m[1]!)
    const unused = Object.keys(zh).filter((key) => !source.includes(`'${key}'`) && !built.some((begin) => key.startsWith(begin)))
    if (name !== 'shared') expect(unused).toEqual([])
  })
})

describe('pages', () => {
  it('hold no Chinese outside the lists', () => {
    for (const folder of entries)
      for (const text of sources(folder)) {
        const bare = text.replace(/<!--[\s\S]*?-->/g, '').replace(/\/\/.*$/gm, '').replace(/\/\[[^\]\n]*\][^\n]*/g, '')
        expect(bare.match(/[\u4e00-\u9fff]+/g)?.filter((word) => !['中', '中文', '联播'].includes(word)) ?? []).toEqual([])
      }
  })
})
