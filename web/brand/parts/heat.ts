// The arithmetic of the heat map: bands of heat, and where each cell lies. Pure, so that it can be tested without a page.
import type { WallRoom } from '../state/live'

export const bands = 7

// Lower bounds of the bands: 0, 1, then geometric up to the largest heat there is.
export function bandBounds(largest: number): number[] {
  const out = [0, 1]
  const top = Math.max(largest, 64)
  for (let i = 2; i < bands; ++i) out.push(Math.max(out[i - 1]! + 1, round(top ** ((i - 1) / (bands - 2)) * 0.5)))
  return out
}
function round(n: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1)
  return Math.round(n / unit) * unit
}
export function bandOf(heat: number, bounds: readonly number[]): number {
  let band = 0
  while (band + 1 < bounds.length && heat >= bounds[band + 1]!) ++band
  return band
}

export type Sort = 'heat' | 'viewers' | 'orders' | 'paid' | 'newest' | 'region'
export interface Wish {
  sort: Sort
  text: string
  region: string
  level: string
  band: number
  grouped: boolean
}
export interface Group {
  label: string
  from: number
  count: number
}
export interface Ordered {
  rooms: WallRoom[]
  groups: Group[]
  regions: [name: string, count: number][]
  levels: [name: string, count: number][]
  bounds: number[]
  perBand: number[]
}

const collator = new Intl.Collator('zh-CN')
export function order(all: Iterable<WallRoom>, wish: Wish): Ordered {
  const regions = new Map<string, number>()
  const levels = new Map<string, number>()
  const list: WallRoom[] = []
  let largest = 0
  for (const room of all) {
    regions.set(room.region, (regions.get(room.region) ?? 0) + 1)
    levels.set(room.level, (levels.get(room.level) ?? 0) + 1)
    if (room.heat > largest) largest = room.heat
    list.push(room)
  }
  const bounds = bandBounds(largest)
  const perBand = new Array<number>(bands).fill(0)
  const text = wish.text.toLowerCase()
  const kept = list.filter((room) => {
    if (wish.region && room.region !== wish.region) return false
    if (wish.level && room.level !== wish.level) return false
    if (text && !room.host.toLowerCase().includes(text) && !room.title.toLowerCase().includes(text) && !room.product.toLowerCase().includes(text)) return false
    const band = bandOf(room.heat, bounds)
    perBand[band]! += 1
    return wish.band < 0 || band >= wish.band
  })
  // Names of regions are compared once each, not once a room.
  const names = [...regions.keys()].sort(collator.compare)
  const rank = new Map(names.map((name, i) => [name, i]))
  const by: Record<Sort, (a: WallRoom, b: WallRoom) => number> = {
    heat: (a, b) => b.heat - a.heat,
    viewers: (a, b) => b.viewers - a.viewers,
    orders: (a, b) => b.orders - a.orders,
    paid: (a, b) => b.paid_fen - a.paid_fen,
    newest: (a, b) => (a.started_at < b.started_at ? 1 : a.started_at > b.started_at ? -1 : 0),
    region: (a, b) => rank.get(a.region)! - rank.get(b.region)! || b.heat - a.heat,
  }
  const compare = by[wish.sort]
  const tie = (a: WallRoom, b: WallRoom) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  kept.sort(wish.grouped ? (a, b) => rank.get(a.region)! - rank.get(b.region)! || compare(a, b) || tie(a, b) : (a, b) => compare(a, b) || tie(a, b))
  const groups: Group[] = []
  if (wish.grouped)
    for (const [i, room] of kept.entries()) {
      const last = groups[groups.length - 1]
      if (last && last.label === room.region) last.count += 1
      else groups.push({ label: room.region, from: i, count: 1 })
    }
  const counted = (map: Map<string, number>) => [...map].sort((a, b) => collator.compare(a[0], b[0]))
  return { rooms: kept, groups, regions: counted(regions), levels: counted(levels), bounds, perBand }
}

export type Size = 'dots' | 'tiles' | 'cards'
const sizes: Record<Size, { w: number; h: number; gap: number }> = { dots: { w: 13, h: 13, gap: 2 }, tiles: { w: 92, h: 44, gap: 3 }, cards: { w: 196, h: 92, gap: 6 } }
export const headHeight = 34

export interface Layout {
  columns: number
  w: number
  h: number
  gap: number
  height: number
  // Where each group's rows begin; without groups one part.
  parts: { top: number; from: number; count: number; label?: string }[]
}
export function layOut(width: number, count: number, groups: readonly Group[], size: Size): Layout {
  const { w, h, gap } = sizes[size]
  const columns = Math.max(1, Math.floor((width + gap) / (w + gap)))
  const own = (width + gap) / columns - gap
  const parts: Layout['parts'] = []
  let top = 0
  for (const group of groups.length > 0 ? groups : [{ label: undefined, from: 0, count }]) {
    const begin = top + (group.label === undefined ? 0 : headHeight)
    parts.push({ top: begin, from: group.from, count: group.count, label: group.label })
    top = begin + Math.ceil(group.count / columns) * (h + gap) + (group.label === undefined ? 0 : 8)
  }
  return { columns, w: own, h, gap, height: Math.max(0, top - gap), parts }
}
export function cellAt(layout: Layout, x: number, y: number): number {
  for (const part of layout.parts) {
    const rows = Math.ceil(part.count / layout.columns)
    if (y < part.top || y >= part.top + rows * (layout.h + layout.gap)) continue
    const row = Math.floor((y - part.top) / (layout.h + layout.gap))
    const column = Math.min(layout.columns - 1, Math.floor(x / (layout.w + layout.gap)))
    const i = row * layout.columns + column
    return i < part.count && column >= 0 ? part.from + i : -1
  }
  return -1
}
export function placeOf(layout: Layout, index: number): { x: number; y: number } {
  for (const part of layout.parts)
    if (index >= part.from && index < part.from + part.count) {
      const i = index - part.from
      return { x: (i % layout.columns) * (layout.w + layout.gap), y: part.top + Math.floor(i / layout.columns) * (layout.h + layout.gap) }
    }
  return { x: 0, y: 0 }
}
