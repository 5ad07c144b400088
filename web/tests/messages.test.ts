// @vitest-environment node
// Nothing untranslated, nothing missing, nothing left over: every entry (shop, host, brand) and what they share.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'vue/compiler-sfc'
import { describe, expect, it } from 'vitest'
import type { Message } from '@shared/i18n'
import { sharedEn, sharedZh } from '@shared/i18n/messages'
import { clipsEn, clipsZh } from '@shared/clips/i18n'
import { trustEn, trustZh } from '@shared/trust/i18n'

const root = join(__dirname, '..')
type List = Record<string, Message>
interface Source {
  path: string
  text: string
}
const entries = ['shop', 'host', 'brand'].filter((name) => existsSync(join(root, name, 'index.html')))
// Pages that are loaded with words of their own: their folder has a list, beside its entry's.
const apart = 'reach'
const lists: [name: string, folders: string[], zh: List, en: List][] = [['shared', ['shared', ...entries], sharedZh, sharedEn], ['trust', ['shared/trust'], trustZh, trustEn], ['clips', ['shared/clips'], clipsZh, clipsEn]]
for (const name of entries)
  if (existsSync(join(root, name, 'i18n', 'zh.ts')))
    lists.push([name, [name], await listOf(name, 'zh'), await listOf(name, 'en')])
for (const name of entries)
  if (existsSync(join(root, name, apart, 'i18n'))) {
    const { reachZh, reachEn } = await import(`../${name}/${apart}/i18n/index.ts`)
    lists.push([`${name}/${apart}`, [`${name}/${apart}`], reachZh as List, reachEn as List])
  }

// An entry's list, with that of its later pages if it has one of its own (shop/i18n/pages.ts).
async function listOf(name: string, language: 'zh' | 'en'): Promise<List> {
  const parts = [`${language}.ts`, `pages_${language}.ts`].filter((file) => existsSync(join(root, name, 'i18n', file)))
  return Object.assign({}, ...(await Promise.all(parts.map(async (file) => Object.values((await import(/* @vite-ignore */ join(root, name, 'i18n', file))) as Record<string, List>)[0])))) as List
}

function sources(folder: string): Source[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(root, path)).isDirectory()) return name === 'i18n' ? [] : sources(path)
    return /\.(vue|ts)$/.test(name) && !name.endsWith('.test.ts') ? [{ path, text: readFileSync(join(root, path), 'utf8') }] : []
  })
}
const texts = (message: Message) => (typeof message === 'string' ? [message] : Object.values(message))
const slots = (message: Message) => [...new Set(texts(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!)))].sort()
const chinese = /[\u3400-\u9fff\uff01-\uff5e\u3001\u3002]/

it.each(entries)('%s has its two lists', (name) => expect(lists.map(([one]) => one)).toContain(name))

describe.each(lists)('messages of %s', (name, folders, zh, en) => {
  it('are there in both languages', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
    for (const [key, message] of [...Object.entries(zh), ...Object.entries(en)]) for (const text of texts(message)) expect(text.trim(), key).not.toBe('')
  })
  it('have the same blanks to fill in', () => {
    for (const key of Object.keys(zh)) expect(slots(en[key]!), key).toEqual(slots(zh[key]!))
  })
  it('are in the language they are listed under', () => {
    for (const [key, message] of Object.entries(zh)) if (!/language|^common\.language/.test(key)) for (const text of texts(message)) expect(/[\u4e00-\u9fff]/.test(text) || /^[\s{}\w/·.%+×–-]+$/.test(text), `${key}: ${text}`).toBe(true)
    for (const [key, message] of Object.entries(en)) if (key !== 'common.language') for (const text of texts(message)) expect(chinese.test(text), `${key}: ${text}`).toBe(false)
  })
  it('are all used, and all that are used are there', () => {
    const all = folders.flatMap(sources).filter((one) => name === 'shared' || folders.some((folder) => folder.endsWith(apart)) || !one.path.includes(`/${apart}/`))
    const source = all.map((one) => one.text).join('\n')
    // `order.${state}`: keys that are put together begin with what stands before the blank.
    const built = [...source.matchAll(/`([a-z]\w*(?:\.[\w]+)*\.)\$\{/g)].map((m) => m[1]!)
    const unused = Object.keys(zh).filter((key) => !source.includes(`'${key}'`) && !built.some((begin) => key.startsWith(begin)))
    if (name !== 'shared') expect(unused).toEqual([])
    // t('key'), also as either arm of a choice: t(on ? 'remind.on' : 'remind.me'). What is asked of `shared` is its own.
    const call = name === 'shared' ? /\bshared\.t\(([^()]*)/g : /(?<!shared\.)\bt(?:Maybe)?\(([^()]*)/g
    const missing = all.flatMap(({ path, text }) => (name === 'shared' || name === 'trust' || name === 'clips' || !path.startsWith('shared') ? [...text.matchAll(call)].flatMap((m) => [...m[1]!.split(/,\s*\{/)[0]!.matchAll(/(?<![=!]==?\s*)'([a-z][\w]*(?:\.[\w]+)+)'/g)].map((k) => k[1]!).filter((key) => !(key in zh)).map((key) => `${path}: ${key}`)) : []))
    expect(missing).toEqual([])
    for (const { path, text } of all)
      for (const [, translator, begin] of text.matchAll(/\b(shared\.)?t(?:Maybe)?\(`([a-z]\w*(?:\.\w+)*\.)\$\{/g))
        if ((translator !== undefined) === (name === 'shared'))
          expect(Object.keys(zh).some((key) => key.startsWith(begin!)), `${path}: no message begins with ${begin}`).toBe(true)
  })
})

describe.each([...entries, 'shared'])('pages of %s', (folder) => {
  it('hold no Chinese outside the lists', () => {
    for (const { path, text } of sources(folder)) {
      const bare = text.replace(/<!--[\s\S]*?-->/g, '').replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '').replace(/\/\[[^\]\n]*\][^\n]*/g, '')
      // The languages' own names, and the product's.
      expect(bare.match(/[\u4e00-\u9fff]+/g)?.filter((word) => !['中', '中文', '联播', '万', '亿'].includes(word)) ?? [], path).toEqual([])
    }
  })
  it('hold no words of their own in templates', () => {
    const found: string[] = []
    for (const { path, text } of sources(folder).filter((one) => one.path.endsWith('.vue'))) {
      const say = (words: string) => {
        if (/\p{L}{2,}/u.test(words.replace(/\b(English|Lianbo|WeChat|SKU|GMV|CSV|QR|kB|px)\b|中文/g, ''))) found.push(`${path}: ${words.trim().slice(0, 60)}`)
      }
      const walk = (node: any) => {
        if (node.type === 2) say(node.content)
        for (const prop of node.props ?? []) if (prop.type === 6 && /^(placeholder|title|alt|label|aria-label|aria-description|description|hint|ok-text|cancel-text)$/.test(prop.name) && prop.value) say(prop.value.content)
        for (const child of node.children ?? []) walk(child)
      }
      const template = parse(text).descriptor.template
      if (template?.ast) walk(template.ast)
    }
    expect(found).toEqual([])
  })
})
