import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RoomLink, type RoomMessage, type SocketLike } from './link'
import { applyMessage, emptyRoom, flashOf, putOnShelf } from './use_room'

class FakeSocket implements SocketLike {
  static all: FakeSocket[] = []
  readyState = 1
  sent: RoomMessage[] = []
  onopen = null
  onerror = null
  onclose: ((event: { code: number }) => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }
  send(text: string) {
    this.sent.push(JSON.parse(text) as RoomMessage)
  }
  close() {
    this.readyState = 3
  }
  tell(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  end(code: number) {
    this.readyState = 3
    this.onclose?.({ code })
  }
}
const last = () => FakeSocket.all[FakeSocket.all.length - 1]!
let told: RoomMessage[]
let states: string[]
let link: RoomLink
beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.all = []
  told = []
  states = []
  link = new RoomLink('0am8hwn300000', { message: (m) => told.push(m), state: (s) => states.push(s) }, { open: (url) => new FakeSocket(url), random: () => 0.5 })
})
afterEach(() => {
  link.stop()
  vi.runOnlyPendingTimers()
  vi.useRealTimers()
})
const snapshot = (seq: number, epoch = 'e-1') => ({ t: 'snapshot', epoch, seq, broadcast: {}, pin: null, shelf: [], counts: { viewers: 1, likes: 0 }, chat: [] })

describe('from room to room', () => {
  const enter = (room: string, person = '') => new RoomLink(room, { message: (m) => told.push(m), state: (s) => states.push(s) }, { open: (url) => new FakeSocket(url), person: () => person })
  it('goes on one connection, and hears nothing of the old room in the new one', () => {
    const socket = last()
    socket.tell(snapshot(4))
    link.stop()
    expect(socket.sent.at(-1)).toEqual({ t: 'go', room: null })
    expect(socket.readyState).toBe(1)
    told = []
    const next = enter('0am8hwn300001')
    expect(FakeSocket.all).toHaveLength(1)
    expect(socket.sent.at(-1)).toEqual({ t: 'go', room: '0am8hwn300001', ref: 'go' })
    socket.tell({ t: 'chat', seq: 5, text: 'old' })
    socket.tell({ t: 'left' })
    expect(told).toEqual([])
    expect(next.state).toBe('connecting')
    socket.tell(snapshot(9, 'e-2'))
    socket.tell({ t: 'chat', seq: 10, text: 'new' })
    expect(next.state).toBe('open')
    expect(told.map((m) => m.t)).toEqual(['snapshot', 'chat'])
    socket.end(1006)
    vi.advanceTimersByTime(1000)
    expect(last().url).toContain('/rooms/0am8hwn300001/ws?since=e-2.10')
    next.stop()
  })
  it('asks again on a connection of its own when it may not go there', () => {
    for (const answer of [{ t: 'elsewhere', ref: 'go' }, { t: 'error', ref: 'go', name: 'not_found', title: '' }]) {
      const first = last()
      first.tell(snapshot(1))
      link.stop()
      link = enter('0am8hwn300001')
      expect(last()).toBe(first)
      first.tell(answer)
      expect(first.readyState).toBe(3)
      expect(last()).not.toBe(first)
      expect(last().url).toMatch(/0am8hwn300001\/ws$/)
    }
  })
  it('keeps a connection for half a minute, for the one who opened it, and only one', () => {
    last().tell(snapshot(1))
    link.stop()
    link = enter('0am8hwn300001', 'somebody else')
    expect(FakeSocket.all).toHaveLength(2)
    expect(FakeSocket.all[0]!.readyState).toBe(3)
    last().tell(snapshot(1))
    link.stop()
    vi.advanceTimersByTime(30_001)
    expect(last().readyState).toBe(3)
    link = enter('0am8hwn300001', 'somebody else')
    expect(FakeSocket.all).toHaveLength(3)
    link.stop()
    expect(last().readyState, 'it had not entered yet').toBe(3)
    link = enter('0am8hwn300002')
    last().tell(snapshot(1))
    link.stop()
    last().end(1012)
    link = enter('0am8hwn300003')
    expect(FakeSocket.all).toHaveLength(5)
  })
})

describe('a room’s link', () => {
  it('comes back with what it saw last, and goes on from there', () => {
    last().tell(snapshot(4))
    last().tell({ t: 'chat', seq: 5, text: 'a' })
    last().end(1006)
    expect(states.at(-1)).toBe('waiting')
    vi.advanceTimersByTime(401)
    expect(last().url).toMatch(/\/api\/v1\/rooms\/0am8hwn300000\/ws\?since=e-1\.5$/)
    last().tell({ t: 'resumed', epoch: 'e-1', seq: 5 })
    expect(states.at(-1)).toBe('open')
    last().tell({ t: 'chat', seq: 5, text: 'a' })
    last().tell({ t: 'chat', seq: 6, text: 'b' })
    expect(told.filter((m) => m.t === 'chat').map((m) => m.text)).toEqual(['a', 'b'])
  })
  it('starts afresh when something is missing', () => {
    last().tell(snapshot(1))
    last().tell({ t: 'chat', seq: 3, text: 'c' })
    expect(FakeSocket.all).toHaveLength(2)
    expect(last().url).not.toContain('since')
    expect(told.some((m) => m.t === 'chat')).toBe(false)
  })
  it('waits longer each time, and at most fifteen seconds', () => {
    for (let i = 0; i < 10; ++i) {
      last().end(1006)
      vi.advanceTimersByTime(15_000)
    }
    const before = FakeSocket.all.length
    last().end(1006)
    vi.advanceTimersByTime(14_000)
    expect(FakeSocket.all.length).toBe(before)
    vi.advanceTimersByTime(1_100)
    expect(FakeSocket.all.length).toBe(before + 1)
  })
  it('comes back when the server said it should', () => {
    last().tell(snapshot(1))
    last().tell({ t: 'reconnect', after_ms: 2500 })
    last().end(1012)
    vi.advanceTimersByTime(2400)
    expect(FakeSocket.all).toHaveLength(1)
    vi.advanceTimersByTime(200)
    expect(FakeSocket.all).toHaveLength(2)
  })
  it('ends when it is not wanted, and says why', () => {
    last().tell(snapshot(1))
    last().tell({ t: 'error', name: 'forbidden', title: 'You may not do this' })
    last().end(1008)
    vi.advanceTimersByTime(60_000)
    expect(states.at(-1)).toBe('ended')
    expect(FakeSocket.all).toHaveLength(1)
  })
  it('notices a silent connection', () => {
    last().tell(snapshot(1))
    vi.advanceTimersByTime(20_001)
    expect(last().sent.at(-1)?.t).toBe('ping')
    vi.advanceTimersByTime(10_001)
    expect(states.at(-1)).toBe('waiting')
  })
  it('tells a line’s fate to who said it', async () => {
    last().tell(snapshot(1))
    const first = link.say('hello')
    const second = link.say('again')
    const doubtful = link.say('a word the brand forbids')
    const [a, b, c] = last().sent.map((m) => m.ref)
    last().tell({ t: 'held', id: '1', ref: c })
    expect(await doubtful).toBe('held')
    last().tell({ t: 'said', ref: a, seq: 2 })
    last().tell({ t: 'error', ref: b, name: 'muted', title: 'You are muted' })
    expect(await first).toBe('said')
    await expect(second).rejects.toMatchObject({ name: 'muted' })
    const third = link.say('lost')
    last().end(1006)
    await expect(third).rejects.toMatchObject({ name: 'offline' })
    await expect(link.say('nobody hears')).rejects.toMatchObject({ name: 'offline' })
  })
})

describe('a room', () => {
  const item = (id: string) => ({ product_id: id, title: id, image_url: '', on_sale: true, price_fen: 100, left: 9, skus: [{ sku_id: `${id}1`, title: '', price_fen: 100, list_fen: 100, left: 4 }, { sku_id: `${id}2`, title: '', price_fen: 200, list_fen: 200, left: 5 }] })
  it('shows stock, price, shelf and pin as they change', () => {
    const room = emptyRoom()
    applyMessage(room, { ...snapshot(1), shelf: [item('a'), item('b')] })
    applyMessage(room, { t: 'stock', product_id: 'a', sku_id: 'a1', left: 0 })
    applyMessage(room, { t: 'price', product_id: 'a', sku_id: 'a1', price_fen: 90 })
    expect([room.shelf[0]!.left, room.shelf[0]!.price_fen]).toEqual([5, 90])
    applyMessage(room, { t: 'shelf', product_ids: ['c', 'b'] })
    expect([room.shelf.map((one) => one.product_id), room.unknown]).toEqual([['b'], ['c']])
    applyMessage(room, { t: 'pin.opened', pin: { id: 'p2', product_id: 'b' } })
    applyMessage(room, { t: 'pin.closed', pin: { id: 'p1' } })
    expect(room.pin?.id).toBe('p2')
    applyMessage(room, { t: 'pin.closed', pin: { id: 'p2' } })
    expect(room.pin).toBeNull()
  })
  it('asks what a product costs here where a campaign counts, and does not take the list’s price for it', () => {
    const room = emptyRoom()
    applyMessage(room, { ...snapshot(1), shelf: [item('a'), item('b')] })
    applyMessage(room, { t: 'price', product_id: 'a', sku_id: 'a1', price_fen: 100, campaign_id: 'k' })
    expect([room.unknown, room.shelf[0]!.skus![0]!.price_fen]).toEqual([['a'], 100])
    putOnShelf(room, { ...item('a'), price_fen: 70, skus: [{ sku_id: 'a1', title: '', price_fen: 70, list_fen: 100, left: 4 }] })
    expect([room.unknown, room.shelf.map((one) => one.price_fen)]).toEqual([[], [70, 100]])
    applyMessage(room, { t: 'price', product_id: 'a', sku_id: 'a1', price_fen: 110 })
    expect([room.unknown, room.shelf[0]!.skus![0]]).toMatchObject([['a'], { price_fen: 70, list_fen: 110 }])
  })
  it('keeps what the host gives: flash prices while there are units and time, coupons, bags and who won them', () => {
    const room = emptyRoom()
    const flash = { id: 'f', sku_id: 'a1', price_fen: 50, left: 2, ends_at: '2026-03-01T12:01:00.000Z' }
    const at = Date.parse('2026-03-01T12:00:00.000Z')
    applyMessage(room, { ...snapshot(1), offers: { coupons: [{ id: 'c', left: 3 }], flash: [], lucky_bags: [] } })
    applyMessage(room, { t: 'flash.opened', flash })
    expect(flashOf(room.offers, 'a1', at)?.price_fen).toBe(50)
    expect(flashOf(room.offers, 'a1', at + 60_000)).toBeUndefined()
    applyMessage(room, { t: 'flash.changed', id: 'f', sku_id: 'a1', left: 0 })
    expect(flashOf(room.offers, 'a1', at)).toBeUndefined()
    applyMessage(room, { t: 'flash.closed', flash })
    expect(room.offers.flash).toEqual([])
    applyMessage(room, { t: 'coupon.gone', coupon_id: 'c' })
    applyMessage(room, { t: 'coupon.offered', coupon: { id: 'd', left: 5 } })
    expect(room.offers.coupons.map((one) => [one.id, one.left])).toEqual([['d', 5], ['c', 0]])
    for (const id of ['x', 'y']) applyMessage(room, { t: 'luckybag.opened', bag: { id, drawn_at: null } })
    applyMessage(room, { t: 'luckybag.drawn', bag: { id: 'x', drawn_at: 'then' }, seed: '00', winner_ids: ['me'] })
    applyMessage(room, { t: 'luckybag.cancelled', bag: { id: 'y' } })
    expect(room.offers.bags).toEqual([{ id: 'x', drawn_at: 'then', winner_ids: ['me'] }])
  })
  it('never counts likes backwards, and knows when the one watching is muted', () => {
    const room = emptyRoom()
    applyMessage(room, { t: 'counts', viewers: 3, likes: 10 })
    applyMessage(room, { t: 'counts', viewers: 2, likes: 8 })
    expect([room.viewers, room.likes]).toEqual([2, 10])
    applyMessage(room, { t: 'muted', person_id: 'other', mark: 'muted' }, 'me')
    expect(room.mark).toBe('none')
    applyMessage(room, { t: 'muted', person_id: 'me', mark: 'muted' }, 'me')
    expect(room.mark).toBe('muted')
  })
  it('ignores what it does not know', () => {
    const room = emptyRoom()
    applyMessage(room, { t: 'from the future', seq: 1 })
    expect(room).toEqual(emptyRoom())
  })
})
