// @vitest-environment node
import { expect, it } from 'vitest'
import type { GetFeedReply } from '@shared/api/schema'
import { Problem } from '@shared/api/problem'
import { useStream } from './stream'

const item = (id: string) => ({ kind: 'room', id, why: 'heat', known: 0 }) as unknown as GetFeedReply['items'][number]
const page = (feed: string, ids: string[], next: string | null): GetFeedReply => ({ feed, items: ids.map(item), next })

it('goes on page by page and ends', async () => {
  const asked: (string | undefined)[] = []
  const stream = useStream(async (cursor) => {
    asked.push(cursor)
    return cursor ? page('a', ['3'], null) : page('a', ['1', '2'], 'a.1')
  })
  await stream.more()
  expect(stream.done.value).toBe(false)
  await stream.more()
  await stream.more()
  expect(stream.items.value.map((one) => one.id)).toEqual(['1', '2', '3'])
  expect(stream.done.value).toBe(true)
  expect(asked).toEqual([undefined, 'a.1'])
})

it('begins anew when the server has forgotten the feed, and shows nothing twice', async () => {
  const stream = useStream(async (cursor) => {
    if (cursor === 'a.1') throw new Problem(410, 'cursor_expired', 'over')
    if (cursor === 'b.1') return page('b', ['3'], null)
    return stream.items.value.length === 0 ? page('a', ['1', '2'], 'a.1') : page('b', ['2', '1'], 'b.1')
  })
  await stream.more()
  await stream.more()
  expect(stream.problem.value).toBeUndefined()
  expect(stream.items.value.map((one) => one.id)).toEqual(['1', '2', '3'])
  expect(stream.items.value.at(-1)?.feed).toBe('b')
})

it('says what went wrong, keeps what there is, and goes on when asked', async () => {
  let broken = false
  const stream = useStream(async (cursor) => {
    if (broken) throw new TypeError('no network')
    return cursor ? page('a', ['2'], null) : page('a', ['1'], 'a.1')
  })
  await stream.more()
  broken = true
  await stream.more()
  expect(stream.problem.value).toBeDefined()
  expect(stream.items.value.length).toBe(1)
  broken = false
  await stream.more()
  expect(stream.problem.value).toBeUndefined()
  expect(stream.items.value.map((one) => one.id)).toEqual(['1', '2'])
})
