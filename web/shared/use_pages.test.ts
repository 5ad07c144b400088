import { expect, it } from 'vitest'
import { usePages } from './use_pages'

it('takes page after page, and begins again', async () => {
  const asked: (string | undefined)[] = []
  const list = usePages(async (after) => {
    asked.push(after)
    return after ? { items: ['c'], next: null } : { items: ['a', 'b'], next: 'b' }
  })
  expect(list.pending.value, 'nothing is known yet').toBe(true)
  await list.load()
  await list.load(true)
  expect([list.rows.value, list.next.value, list.pending.value]).toEqual([['a', 'b', 'c'], null, false])
  await list.load()
  expect([list.rows.value, asked]).toEqual([['a', 'b'], [undefined, 'b', undefined]])
})
it('forgets an answer that comes after a newer question', async () => {
  const answers: ((items: string[]) => void)[] = []
  const list = usePages(() => new Promise<{ items: string[] }>((done) => answers.push((items) => done({ items }))))
  const [old, fresh] = [list.load(), list.load()]
  answers[1]!(['new'])
  await fresh
  answers[0]!(['old'])
  await old
  expect([list.rows.value, list.pending.value]).toEqual([['new'], false])
})
it('keeps what it has when the next page fails, and says why', async () => {
  let fails = false
  const list = usePages(async () => {
    if (fails) throw new TypeError('no network')
    return { items: ['a'], next: 'a' }
  })
  await list.load()
  fails = true
  await list.load(true)
  expect([list.rows.value, list.next.value, list.problem.value !== null]).toEqual([['a'], 'a', true])
  fails = false
  await list.load(true)
  expect([list.rows.value, list.problem.value]).toEqual([['a', 'a'], null])
})
