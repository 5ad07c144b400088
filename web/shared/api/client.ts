// The one way pages talk to the server.
//
// - A change carries X-Lianbo-Csrf; where the route honours an Idempotency-Key it carries one, and is then repeated
//   under the same key when no answer came or the server was busy: it is done once. A caller that must outlive a reload
//   (placing an order) brings a key of its own.
// - A visitor without an identity gets a guest cookie with the first answer; calls made at the same time wait for it,
//   so that nobody becomes two guests.
// - Errors are Problems, whatever happened.
import type { Operation } from './operation'
import { Problem, problemOf } from './problem'
import { takeFirst, wasCarried } from '../first'

export interface CallOptions {
  key?: string
  signal?: AbortSignal
  timeoutMs?: number
}
type Part<Name extends string, T> = [T] extends [undefined] ? { [K in Name]?: undefined } : Partial<T> extends T ? { [K in Name]?: T } : { [K in Name]: T }
export type CallInput<P, Q, B> = Part<'path', P> & Part<'query', Q> & Part<'body', B> & CallOptions

const attempts = 3
const settings = {
  language: () => 'zh',
  fetch: (input: string, init: RequestInit) => fetch(input, init),
  wait: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
  signedOut: () => {},
}
export function configureClient(given: Partial<typeof settings>) {
  Object.assign(settings, given)
}

export function newKey(): string {
  // crypto.randomUUID exists on https and localhost only; a shop may be tried on a plain address of a home network.
  const bytes = crypto.getRandomValues(new Uint8Array(18))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}

let identity: Promise<unknown> | undefined
let known = false
// Who comes through a share was given a cookie by it, or by a page that carries answers; who was here in this tab before
// has one, too.
const introducedBefore = 'lianbo.known'
try {
  known = new URLSearchParams(location.search).has('share') || wasCarried() || sessionStorage.getItem(introducedBefore) !== null
} catch {
  // Neither storage nor address: introduced by the first call.
}
export function forgetIdentity() {
  identity = undefined
  known = false
  try {
    sessionStorage.removeItem(introducedBefore)
  } catch {
    // As above.
  }
}

function address(path: string, params: Record<string, unknown> = {}, query: Record<string, unknown> = {}) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value))
  const text = search.toString()
  return text ? `${filled}?${text}` : filled
}

// JSON, or nothing: 204, and 202 without words.
async function contentOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined
  const text = response.status === 202 ? await response.text() : undefined
  return text === undefined ? response.json() : text === '' ? undefined : JSON.parse(text)
}
async function once(url: string, init: RequestInit, options: CallOptions): Promise<Response> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(new DOMException('timeout', 'TimeoutError')), options.timeoutMs ?? 20_000)
  const forward = () => abort.abort(options.signal?.reason)
  options.signal?.addEventListener('abort', forward, { once: true })
  try {
    return await settings.fetch(url, { ...init, signal: abort.signal })
  } catch (error) {
    if (options.signal?.aborted) throw error
    const late = abort.signal.aborted
    throw new Problem(0, late ? 'timeout' : 'offline', late ? 'timeout' : 'offline')
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', forward)
  }
}

export async function api<P, Q, B, R>(operation: Operation<P, Q, B, R>, ...[input]: Partial<CallInput<P, Q, B>> extends CallInput<P, Q, B> ? [CallInput<P, Q, B>?] : [CallInput<P, Q, B>]): Promise<R> {
  const given = (input ?? {}) as CallOptions & { path?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown }
  const changes = operation.method !== 'GET'
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': settings.language() }
  if (changes) headers['X-Lianbo-Csrf'] = '1'
  if (changes && operation.keyed) headers['Idempotency-Key'] = given.key ?? newKey()
  const init: RequestInit = { method: operation.method, headers, credentials: 'same-origin' }
  if (given.body !== undefined) {
    const isFile = given.body instanceof Blob || given.body instanceof ArrayBuffer || typeof given.body === 'string'
    headers['Content-Type'] = isFile ? 'application/octet-stream' : 'application/json'
    init.body = isFile ? (given.body as BodyInit) : JSON.stringify(given.body)
  }
  const url = address(operation.path, given.path, given.query)
  const repeatable = !changes || operation.keyed
  const carried = changes ? undefined : takeFirst(url)
  if (carried) return carried.value as R

  for (let attempt = 1; ; ++attempt) {
    let problem: Problem
    try {
      const response = await (operation.open ? once(url, init, given) : introduced(() => once(url, init, given)))
      if (response.ok) return (await contentOf(response)) as R
      problem = await problemOf(response)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem = error
    }
    if (problem.name === 'unauthenticated') settings.signedOut()
    const again = repeatable && attempt < attempts && (problem.isOffline || [429, 502, 503, 504].includes(problem.status))
    if (!again || (problem.isOffline && typeof navigator !== 'undefined' && navigator.onLine === false)) throw problem
    await settings.wait(Math.min(5000, Math.max(problem.retryAfterMs, 300 * 3 ** (attempt - 1) * (0.75 + Math.random() / 2))))
    if (given.signal?.aborted) throw given.signal.reason
  }
}

async function introduced(call: () => Promise<Response>): Promise<Response> {
  if (known) return call()
  if (identity) {
    await identity.catch(() => undefined)
    return call()
  }
  const first = call()
  identity = first
  try {
    const response = await first
    known = true
    try {
      sessionStorage.setItem(introducedBefore, '1')
    } catch {
      // Then the next page is introduced again.
    }
    return response
  } finally {
    if (!known) identity = undefined
  }
}
