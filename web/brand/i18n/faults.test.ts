// @vitest-environment node
// The sentences that a file's errors are translated from are those that the server says, and all of them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { locale } from '@shared/i18n'
import { details } from './details'
import { faults, detailText, faultText } from './faults'

const source = (name: string) => readFileSync(join(__dirname, '../../../src', name), 'utf8')
const literals = (text: string) => [...text.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map((m) => m[1]!.replace(/\\"/g, '"'))
// Neighbours are one literal: "put the whole cell in quotes and write each " "quote in it twice".
const joined = (text: string) => text.replace(/"\s*\n\s*"/g, '')
const files = ['base/csv.cpp', 'base/money.cpp', 'org/agents_csv.cpp', 'org/org.cpp', 'catalog/csv_formats.cpp', 'catalog/catalog_service.cpp', 'order/payout.cpp']
const said = files.flatMap((name) => literals(joined(source(name))))
const parts = (english: string) => english.split(/\{\w+\}/).filter((part) => /[a-z]{2}/i.test(part))

const all = ['org', 'catalog', 'order', 'live', 'promo'].flatMap((folder) => readdirSync(join(__dirname, '../../../src', folder)).filter((name) => name.endsWith('.cpp') && !name.endsWith('_test.cpp')).flatMap((name) => literals(joined(source(`${folder}/${name}`)))))

describe('what the server adds to a title', () => {
  it('is translated from what it says', () => {
    const missing = details.flatMap(([english]) => parts(english).filter((part) => !all.some((one) => one.includes(part.trim()))))
    expect(missing).toEqual([])
  })
  it('is in the reader’s language, or marked as the server’s words', () => {
    locale.value = 'zh'
    expect(faultText('an agent of this brand has the code A01 already')).toBe('已有编号为 A01 的代理')
    expect(faultText('the four rates add up to 3100 basis points; at most 3000 may be paid out of one sale')).toBe('四项比例合计 3100 个基点，一笔销售最多分出 3000 个基点')
    expect(detailText('a brand must keep an owner')).toBe('品牌至少要有一位所有者')
    expect(detailText('something new')).toBe('服务器的原话：something new')
  })
})
describe('what is wrong with a file', () => {
  it('is translated from what the server says', () => {
    const missing = faults.flatMap(([english]) => parts(english).filter((part) => !said.some((one) => part.includes(one) && one.trim().length > 3 ? true : one.includes(part.trim()))))
    expect(missing).toEqual([])
  })
  it('is all translated', () => {
    const statement = /(?:\bbad|errors\w*\.(?:add|push_back)|\breport)\((?:[^;"]|"(?:[^"\\]|\\.)*")*;/g
    const missing: string[] = []
    for (const name of files.slice(0, 5).concat('order/payout.cpp'))
      for (const [found] of joined(source(name)).matchAll(statement))
        for (const text of literals(found))
          if (text.trim().includes(' ') && !faults.some(([english]) => english.includes(text.replace(/ \(编号.*$/, '').replace(/known are .*$/, 'known are').trim()) || parts(english).some((part) => text.startsWith(part.trim())))) missing.push(`${name}: ${text}`)
    expect(missing).toEqual([])
  })
  it('keeps what was in the blanks', () => {
    for (const [english, chinese] of faults) {
      const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1])
      for (const name of names(chinese)) expect(names(english), chinese).toContain(name)
    }
    locale.value = 'zh'
    expect(faultText('no agent has the code "X9", neither in this file nor before it')).toBe('没有编号为 "X9" 的代理，文件里没有，之前也没有')
    expect(faultText('must have at most 64 characters, but has 70')).toBe('最多 64 个字，现在有 70 个')
    expect(faultText('"A1" is in line 3 already')).toBe('"A1" 在第 3 行已经出现过')
    expect(faultText('the SKU code "T-1" is at line 4 already; each SKU needs a code of its own')).toBe('规格编码 "T-1" 在第 4 行已经用过；每个规格要有自己的编码')
    expect(faultText('3 errors; the first: is missing')).toBe('共 3 处问题；第一处：没有填')
    expect(faultText('something new')).toBe('something new')
    locale.value = 'en'
    expect(faultText('is missing')).toBe('is missing')
    locale.value = 'zh'
  })
})
