import { afterEach, describe, expect, it } from 'vitest'
import { fill, locale } from '../i18n'
import { compact } from './count'
import { money, moneyParts } from './money'
import { dayOnly, dayStart, dayTime, dayTimeInText, instantOfWall, relative, setZone, stopwatch, wallTime } from './time'

afterEach(() => {
  locale.value = 'zh'
  setZone('Asia/Shanghai')
})
describe('a day', () => {
  it('has its year where that is not plain', () => {
    locale.value = 'en'
    const day = 86_400_000
    expect(dayOnly(Date.now() + 30 * day)).not.toMatch(/\d{4}/)
    expect(dayOnly(Date.now() + 400 * day)).toMatch(/20\d\d/)
    expect(dayOnly('2020-01-01T04:00:00.000Z')).toBe('Jan 1, 2020')
  })
})
describe('amounts', () => {
  it('show every hundredth, whatever the size', () => {
    locale.value = 'zh'
    expect(money(0)).toBe('¥0.00')
    expect(money(5)).toBe('¥0.05')
    expect(money(-123456)).toBe('-¥1,234.56')
    expect(money(999999999999)).toBe('¥9,999,999,999.99')
  })
  it('are in the brand’s currency', () => {
    locale.value = 'en'
    expect(money(1999, 'USD')).toBe('$19.99')
    expect(money(1999, 'CNY')).toBe('¥19.99')
  })
  it('are written as the browser would', () => {
    for (const tag of ['zh', 'en'] as const) {
      locale.value = tag
      for (const currency of ['CNY', 'USD', 'EUR', 'GBP', 'KRW', 'SEK'])
        for (const fen of [0, 1, 10, 99, 100, 12345, 99999, 100000, 123456789, 100000000000, -1, -100, -99999999]) {
          const format = new Intl.NumberFormat(tag === 'zh' ? 'zh-CN' : 'en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: 2, maximumFractionDigits: 2 })
          expect(money(fen, currency)).toBe(format.format(fen / 100))
          const { symbol, whole, decimals } = moneyParts(fen, currency)
          const of = (...types: string[]) => format.formatToParts(fen / 100).filter((one) => types.includes(one.type)).map((one) => one.value).join('')
          expect([symbol, whole, decimals]).toEqual([of('currency'), of('minusSign', 'integer', 'group'), of('decimal', 'fraction')])
        }
    }
  })
  it('come in parts that add up', () => {
    locale.value = 'en'
    expect(moneyParts(123456)).toEqual({ symbol: '¥', whole: '1,234', decimals: '.56' })
  })
})
describe('times', () => {
  const now = Date.parse('2026-11-11T12:00:00.000Z')
  it('are the brand’s, not the browser’s', () => {
    locale.value = 'en'
    expect(dayTime('2026-11-11T15:30:00.000Z', now)).toBe('Today 23:30')
    expect(dayTime('2026-11-11T16:30:00.000Z', now)).toBe('Tomorrow 00:30')
    expect(dayTimeInText('2026-11-11T16:30:00.000Z', now)).toBe('tomorrow 00:30')
    expect(dayTimeInText('2026-11-14T16:30:00.000Z', now)).toBe(dayTime('2026-11-14T16:30:00.000Z', now))
    setZone('America/New_York')
    expect(dayTime('2026-11-11T16:30:00.000Z', now)).toBe('Today 11:30')
  })
  it('are near in words', () => {
    locale.value = 'zh'
    expect(relative(now + 20_000, now)).toBe('刚刚')
    expect(relative(now - 3_600_000, now)).toBe('1 小时前')
    locale.value = 'en'
    expect(relative(now + 60_000, now)).toBe('in 1 minute')
    expect(relative(now - 5 * 86_400_000, now)).toBe('5 days ago')
  })
  it('go to the wall’s clock and back', () => {
    expect(wallTime(now)).toBe('2026-11-11T20:00')
    expect(instantOfWall('2026-11-11T20:00')).toBe(now)
    expect(instantOfWall('not a time')).toBeNaN()
    setZone('America/New_York')
    expect(wallTime(Date.parse('2026-03-08T06:59:00Z'))).toBe('2026-03-08T01:59')
    // 02:30 does not exist that night: an hour later.
    expect(wallTime(instantOfWall('2026-03-08T02:30'))).toBe('2026-03-08T03:30')
    for (const wall of ['2026-03-08T03:00', '2026-11-01T00:30', '2026-11-01T03:30', '2026-07-04T12:00']) expect(wallTime(instantOfWall(wall))).toBe(wall)
  })
  it('know when a day began', () => {
    expect(dayStart(now)).toBe(Date.parse('2026-11-10T16:00:00Z'))
    expect(dayStart(now, 1)).toBe(Date.parse('2026-11-11T16:00:00Z'))
    setZone('America/New_York')
    expect(dayStart(Date.parse('2026-03-08T20:00:00Z'))).toBe(Date.parse('2026-03-08T05:00:00Z'))
    expect(dayStart(Date.parse('2026-03-08T20:00:00Z'), 1)).toBe(Date.parse('2026-03-09T04:00:00Z'))
  })
  it('run like a stopwatch and never below nothing', () => {
    expect([stopwatch(65_000), stopwatch(3_725_000), stopwatch(-1)]).toEqual(['1:05', '1:02:05', '0:00'])
  })
})
it('counts are short and never rounded up', () => {
  locale.value = 'zh'
  expect([compact(9999), compact(19_999), compact(123_456_789)]).toEqual(['9,999', '1.9万', '1.2亿'])
  locale.value = 'en'
  expect([compact(999), compact(1_999), compact(2_500_000)]).toEqual(['999', '1.9k', '2.5M'])
})
it('plural forms are the language’s', () => {
  const lines = { one: '{n} line', other: '{n} lines' }
  expect([fill(lines, { n: 1 }, 'en'), fill(lines, { n: 0 }, 'en'), fill(lines, { n: 1200 }, 'en')]).toEqual(['1 line', '0 lines', '1,200 lines'])
})
