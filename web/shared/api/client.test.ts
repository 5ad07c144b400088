import { beforeEach, describe, expect, it } from 'vitest'
import { api, configureClient, forgetIdentity, newKey } from './client'
import type { Operation } from './operation'
import { Problem } from './problem'

const read: Operation<{ id: string }, { limit?: string }, undefined, { ok: boolean }> = { method: 'GET', path: '/api/v1/things/{id}' }
const write: Operation<undefined, undefined, { a: number }, { ok: boolean }> = { method: 'POST', path: '/api/v1/things', keyed: true }
const bare: Operation<undefined, undefined, { a: number }, { ok: boolean }> = { method: 'POST', path: '/api/v1/bare' }

type Call = { url: string; init: RequestInit; headers: Record<string, string> }
let calls: Call[]
let answers: (() => Response | Promise<Response>)[]
let waits: number[]
let signedOut: number
const good = () => new Response('{"ok":true}', { status: 200 })
const problem = (status: number, name: string, headers: Record<string, string> = {}) => new Response(JSON.stringify({ name, title: name, status, detail: 'd', where: '/lines/0', request_id: 'r1' }), { status, headers })
const broken = () => {
  throw new TypeError('network')
}
beforeEach(() => {
  calls = []
  answers = []
  waits = []
  signedOut = 0
  forgetIdentity()
  configureClient({
    language: () => 'en',
    wait: async (ms) => void waits.push(ms),
    signedOut: () => void ++signedOut,
    fetch: async (url, init) => {
      calls.push({ url, init, headers: init.headers as Record<string, string> })
      return (answers.shift() ?? good)()
    },
  })
})

describe('a call', () => {
  it('fills the path, leaves out what is not asked, and names the language', async () => {
    expect(await api(read, { path: { id: 'a/b' }, query: { limit: undefined } })).toEqual({ ok: true })
    expect(calls[0]!.url).toBe('/api/v1/things/a%2Fb')
    expect(calls[0]!.headers['Accept-Language']).toBe('en')
    expect(calls[0]!.headers['X-Lianbo-Csrf']).toBeUndefined()
  })
  it('that changes something carries the header against forgery, and a key where one is honoured', async () => {
    await api(write, { body: { a: 1 } })
    await api(bare, { body: { a: 1 } })
    expect(calls[0]!.headers['X-Lianbo-Csrf']).toBe('1')
    expect(calls[0]!.headers['Idempotency-Key']).toMatch(/^[0-9a-f]{36}$/)
    expect(calls[1]!.headers['Idempotency-Key']).toBeUndefined()
  })
  it('without an answer is repeated under the same key and with the same body', async () => {
    answers = [broken, () => problem(503, 'overloaded'), good]
    await api(write, { body: { a: 1 } })
    expect(calls).toHaveLength(3)
    expect(new Set(calls.map((one) => one.headers['Idempotency-Key'])).size).toBe(1)
    expect(new Set(calls.map((one) => one.init.body)).size).toBe(1)
  })
  it('keeps a key that was brought along', async () => {
    const key = newKey()
    await api(write, { body: { a: 1 }, key })
    expect(calls[0]!.headers['Idempotency-Key']).toBe(key)
  })
  it('that can not be repeated safely is not', async () => {
    answers = [broken, good]
    await expect(api(bare, { body: { a: 1 } })).rejects.toMatchObject({ name: 'offline' })
    expect(calls).toHaveLength(1)
  })
  it('that was refused is not repeated, and its problem is told whole', async () => {
    answers = [() => problem(409, 'sold_out')]
    const error = (await api(write, { body: { a: 1 } }).catch((e: unknown) => e)) as Problem
    expect(error).toBeInstanceOf(Problem)
    expect([error.status, error.name, error.where, error.requestId]).toEqual([409, 'sold_out', '/lines/0', 'r1'])
    expect(calls).toHaveLength(1)
  })
  it('waits as long as the server asks, within reason', async () => {
    answers = [() => problem(429, 'too_many_requests', { 'Retry-After': '2' }), good]
    await api(read, { path: { id: 'x' } })
    expect(waits).toEqual([2000])
  })
  it('gives up after three tries', async () => {
    answers = [broken, broken, broken, good]
    await expect(api(read, { path: { id: 'x' } })).rejects.toMatchObject({ name: 'offline' })
    expect(calls).toHaveLength(3)
  })
  it('tells when the session has ended', async () => {
    answers = [() => problem(401, 'unauthenticated')]
    await expect(api(read, { path: { id: 'x' } })).rejects.toMatchObject({ name: 'unauthenticated' })
    expect(signedOut).toBe(1)
  })
  it('understands an answer that is not ours', async () => {
    answers = [() => new Response('<html>', { status: 413 })]
    await expect(api(read, { path: { id: 'x' } })).rejects.toMatchObject({ name: 'unexpected', status: 413 })
  })
})

it('a call that asks for no identity introduces nobody', async () => {
  const open: Operation<undefined, undefined, undefined, { ok: boolean }> = { method: 'GET', path: '/api/v1/site', open: true }
  let release: (r: Response) => void = () => {}
  await api(open)
  answers = [() => new Promise<Response>((done) => (release = done)), good]
  const all = [api(read, { path: { id: '1' } }), api(read, { path: { id: '2' } })]
  await Promise.resolve()
  expect(calls).toHaveLength(2)
  release(good())
  await Promise.all(all)
})

it('a visitor is introduced once: calls made at the same time wait for the first answer', async () => {
  let release: (r: Response) => void = () => {}
  answers = [() => new Promise<Response>((done) => (release = done)), good, good]
  const all = [api(read, { path: { id: '1' } }), api(read, { path: { id: '2' } }), api(read, { path: { id: '3' } })]
  await Promise.resolve()
  expect(calls).toHaveLength(1)
  release(good())
  await Promise.all(all)
  expect(calls).toHaveLength(3)
})
