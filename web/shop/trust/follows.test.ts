import { expect, it } from 'vitest'
import type { Followed } from '@shared/api/types'
import { byNearest } from './follows'

const one = (store_id: string, over: Partial<Followed> = {}): Followed => ({ store_id, store_name: '', host_name: '', broadcast_id: null, next_at: null, at: '2026-03-01T00:00:00.000Z', ...over })

it('who is on air stands first, then who is back soonest, then the newest follow', () => {
  const list = [
    one('old'),
    one('later', { next_at: '2026-03-09T12:00:00.000Z' }),
    one('new', { at: '2026-03-05T00:00:00.000Z' }),
    one('soon', { next_at: '2026-03-08T12:00:00.000Z' }),
    one('live', { broadcast_id: 'b', next_at: '2026-03-20T12:00:00.000Z' }),
  ]
  expect(byNearest(list).map((item) => item.store_id)).toEqual(['live', 'soon', 'later', 'new', 'old'])
  expect(list[0]!.store_id, 'the list given stays as it was').toBe('old')
})
