import { describe, expect, it } from 'vitest'
import type { WallRoom } from '../state/live'
import { bandBounds, bandOf, bands, cellAt, layOut, order, placeOf, type Wish } from './heat'

const room = (i: number, more: Partial<WallRoom> = {}): WallRoom => ({ id: String(i).padStart(13, '0'), store_id: 's', agent_id: 'a', title: `t${i}`, host: `h${i}`, region: ['East', 'West', ''][i % 3]!, level: ['1', '2'][i % 2]!, started_at: `2026-11-11T00:00:${String(i % 60).padStart(2, '0')}.000Z`, product: '', viewers: i, orders: i % 7, paid_fen: i * 100, heat: i, ...more })
const wish: Wish = { sort: 'heat', text: '', region: '', level: '', band: -1, grouped: false }

describe('bands of heat', () => {
  it('grow, and hold every heat there is', () => {
    for (const largest of [0, 1, 63, 1000, 250_000]) {
      const bounds = bandBounds(largest)
      expect(bounds).toHaveLength(bands)
      expect([...bounds].sort((a, b) => a - b)).toEqual(bounds)
      expect(new Set(bounds).size).toBe(bands)
      expect(bandOf(0, bounds)).toBe(0)
      expect(bandOf(1, bounds)).toBe(1)
      expect(bandOf(Math.max(largest, 64), bounds)).toBe(bands - 1)
    }
  })
})
describe('the order of rooms', () => {
  const all = Array.from({ length: 100 }, (_, i) => room(i))
  it('is by heat, the same for equal ones whatever came first', () => {
    expect(order(all, wish).rooms.map((one) => one.heat).slice(0, 3)).toEqual([99, 98, 97])
    const same = [room(3, { heat: 5 }), room(1, { heat: 5 }), room(2, { heat: 5 })]
    expect(order(same, wish).rooms).toEqual(order([...same].reverse(), wish).rooms)
  })
  it('keeps what is asked for and counts what there is', () => {
    const east = order(all, { ...wish, region: 'East', level: '1' })
    expect(east.rooms.every((one) => one.region === 'East' && one.level === '1')).toBe(true)
    expect(east.regions).toEqual([['', 33], ['East', 34], ['West', 33]])
    expect(order(all, { ...wish, text: 'H42' }).rooms.map((one) => one.id)).toEqual([room(42).id])
    const hot = order(all, { ...wish, band: 4 })
    expect(hot.rooms.length).toBe(hot.perBand.slice(4).reduce((a, b) => a + b, 0))
  })
  it('groups by region without losing any', () => {
    const { rooms, groups } = order(all, { ...wish, grouped: true })
    expect(groups.map((one) => one.label)).toEqual(['', 'East', 'West'])
    expect(groups.reduce((n, one) => n + one.count, 0)).toBe(100)
    for (const group of groups) expect(rooms.slice(group.from, group.from + group.count).every((one) => one.region === group.label)).toBe(true)
  })
})
describe('cells', () => {
  it('lie where they are found', () => {
    for (const size of ['dots', 'tiles', 'cards'] as const)
      for (const groups of [[], [{ label: 'a', from: 0, count: 41 }, { label: 'b', from: 41, count: 59 }]]) {
        const layout = layOut(1111, 100, groups, size)
        for (let i = 0; i < 100; ++i) {
          const { x, y } = placeOf(layout, i)
          expect(cellAt(layout, x + layout.w / 2, y + layout.h / 2)).toBe(i)
          expect(x + layout.w).toBeLessThanOrEqual(1111.01)
          expect(y + layout.h).toBeLessThanOrEqual(layout.height + 8.01)
        }
        expect(cellAt(layout, 5, layout.height + 500)).toBe(-1)
      }
  })
})
