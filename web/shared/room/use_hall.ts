// A brand's live hall as a page shows it: asked for once the socket is ready, and again after each break; what comes in
// between is folded in. Rooms keep their places while they are on air, so that nothing jumps under a finger.
import { getCurrentScope, onScopeDispose, reactive } from 'vue'
import { api } from '../api/client'
import { asProblem, type Problem } from '../api/problem'
import { getHall } from '../api/schema'
import type { Hall, HallItem } from '../api/types'
import { Link, type LinkState, type RoomMessage } from './link'

export interface HallState {
  link: LinkState
  value: Hall | null
  problem: Problem | null
}
type List = 'on_air' | 'next_up' | 'ended'
const lists: List[] = ['on_air', 'next_up', 'ended']
const order: Record<List, ((a: HallItem, b: HallItem) => number) | null> = {
  on_air: null,
  next_up: (a, b) => a.scheduled_at.localeCompare(b.scheduled_at),
  ended: (a, b) => (b.ended_at ?? '').localeCompare(a.ended_at ?? ''),
}

// Pure but for `hall`: what one message changes. Hearing it twice changes nothing.
export function applyToHall(hall: Hall, message: RoomMessage): void {
  if (message.t === 'viewers') {
    const rooms = message.rooms as Record<string, number>
    for (const item of hall.on_air) item.viewers = rooms[item.id] ?? item.viewers
    return
  }
  if (message.t !== 'hall') return
  const gone = new Set(message.gone as string[])
  for (const list of lists) {
    const told = message[list] as HallItem[]
    for (const item of told) {
      const before = lists.flatMap((one) => hall[one]).find((one) => one.id === item.id)
      const full: HallItem = { ...item, viewers: before?.viewers ?? 0, reserved: before?.reserved ?? false }
      const place = hall[list].findIndex((one) => one.id === item.id)
      for (const other of lists) if (other !== list) hall[other] = hall[other].filter((one) => one.id !== item.id)
      if (place >= 0) hall[list][place] = full
      else hall[list].push(full)
    }
    hall[list] = hall[list].filter((one) => !gone.has(one.id))
    const by = order[list]
    if (by && told.length) hall[list].sort(by)
  }
}

export function useHall(brand: string) {
  const hall = reactive<HallState>({ link: 'connecting', value: null, problem: null })
  let early: RoomMessage[] | undefined
  let turn = 0
  async function load() {
    const mine = ++turn
    early = []
    try {
      const got = await api(getHall, { path: { brand_id: brand } })
      if (mine !== turn) return
      for (const message of early) applyToHall(got, message)
      hall.value = got
      hall.problem = null
    } catch (error) {
      if (mine === turn) hall.problem = asProblem(error)
    } finally {
      if (mine === turn) early = undefined
    }
  }
  let asked = false
  const link = new Link(`/api/v1/brands/${encodeURIComponent(brand)}/hall/ws`, {
    message: (message) => {
      // The page asked at once, beside the socket; it asks again, because something may have changed before "ready".
      if (message.t === 'ready') return void load()
      early?.push(message)
      if (hall.value) applyToHall(hall.value, message)
    },
    state: (state) => {
      hall.link = state
      if (state === 'waiting' && !asked) void load()
      asked ||= state === 'waiting'
    },
  })
  void load()
  if (getCurrentScope()) onScopeDispose(() => link.stop())
  return { hall, load, stop: () => link.stop() }
}
