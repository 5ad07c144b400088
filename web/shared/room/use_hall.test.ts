import { describe, expect, it } from 'vitest'
import type { Hall, HallItem } from '../api/types'
import { applyToHall } from './use_hall'

const item = (id: string, given: Partial<HallItem> = {}): HallItem => ({ id, title: id, scheduled_at: '2026-11-11T12:00:00.000Z', viewers: 0, reserved: false, ...given }) as HallItem
const told = (given: object) => ({ t: 'hall', on_air: [], next_up: [], ended: [], gone: [], ...given })
const ids = (list: HallItem[]) => list.map((one) => one.id)

describe('a hall', () => {
  it('moves a broadcast from list to list, keeps what is the caller’s, and keeps rooms in place', () => {
    const hall: Hall = { on_air: [item('a', { viewers: 9 }), item('b')], next_up: [item('c', { reserved: true })], ended: [] }
    applyToHall(hall, told({ on_air: [item('c', { title: 'now' })] }))
    expect([ids(hall.on_air), ids(hall.next_up), hall.on_air[2]?.reserved]).toEqual([['a', 'b', 'c'], [], true])
    applyToHall(hall, told({ on_air: [item('a', { title: 'another title' })] }))
    expect([hall.on_air[0]?.title, hall.on_air[0]?.viewers]).toEqual(['another title', 9])
    applyToHall(hall, told({ ended: [item('a', { ended_at: '2026-11-11T13:00:00.000Z' })] }))
    applyToHall(hall, told({ ended: [item('b', { ended_at: '2026-11-11T14:00:00.000Z' })] }))
    expect([ids(hall.on_air), ids(hall.ended)]).toEqual([['c'], ['b', 'a']])
  })
  it('changes nothing when it hears the same twice', () => {
    const hall: Hall = { on_air: [], next_up: [], ended: [] }
    const message = told({ next_up: [item('b', { scheduled_at: '2026-11-11T15:00:00.000Z' }), item('a')] })
    applyToHall(hall, message)
    const once = JSON.stringify(hall)
    applyToHall(hall, message)
    expect(JSON.stringify(hall)).toBe(once)
    expect(ids(hall.next_up)).toEqual(['a', 'b'])
  })
  it('takes numbers, and takes out what is gone', () => {
    const hall: Hall = { on_air: [item('a'), item('b')], next_up: [], ended: [] }
    applyToHall(hall, { t: 'viewers', rooms: { b: 4, x: 1 } })
    expect(hall.on_air.map((one) => one.viewers)).toEqual([0, 4])
    applyToHall(hall, told({ gone: ['a'] }))
    expect(ids(hall.on_air)).toEqual(['b'])
  })
})
