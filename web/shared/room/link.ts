// Link: a WebSocket of the server, kept up; RoomLink is the one of a room, which can also be spoken to.
//
// It comes back by itself (backoff with jitter; at once when the network or the page comes back) and tells its state. It
// is open from the first "snapshot", "resumed" or "ready". Where messages are numbered (rooms) they are handed on in
// order and exactly once: it comes back with ?since=EPOCH.SEQ, and a gap makes it start afresh with a snapshot. Silence
// is found by pings. 1008 (banned, refused) ends it.
//
// Who leaves a room keeps the connection for a while, in no room, and enters the next room on it ({"t":"go"}): without a
// handshake. What the server then refuses is asked again by a connection of its own, which tells it as ever.
export type LinkState = 'connecting' | 'open' | 'waiting' | 'ended'
export interface RoomMessage {
  t: string
  seq?: number
  epoch?: string
  [field: string]: unknown
}
export interface LinkEvents {
  message: (message: RoomMessage) => void
  state: (state: LinkState, why?: { name: string; title: string }) => void
}
export interface SocketLike {
  readyState: number
  send(text: string): void
  close(code?: number): void
  onopen: ((event: unknown) => void) | null
  onclose: ((event: { code: number }) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onerror: ((event: unknown) => void) | null
}
export interface LinkOptions {
  open?: (url: string) => SocketLike
  random?: () => number
  pingMs?: number
  pongMs?: number
  // Who runs the room: is told what is the crew's alone.
  crew?: boolean
  // Who watches: a connection is theirs alone.
  person?: () => string
}

const minWaitMs = 400
const maxWaitMs = 15_000
const spareMs = 30_000

// The connection of the room that was left last.
let spare: { socket: SocketLike; person: string; timer: ReturnType<typeof setTimeout> } | undefined
function dropSpare() {
  if (!spare) return
  clearTimeout(spare.timer)
  spare.socket.onclose = null
  spare.socket.close()
  spare = undefined
}
function takeSpare(person: string): SocketLike | undefined {
  if (!spare) return
  const { socket, timer } = spare
  if (socket.readyState !== 1 || spare.person !== person) return dropSpare(), undefined
  clearTimeout(timer)
  spare = undefined
  return socket
}
function keepSpare(socket: SocketLike, person: string) {
  dropSpare()
  socket.onmessage = null
  socket.onclose = () => {
    if (spare?.socket === socket) dropSpare()
  }
  spare = { socket, person, timer: setTimeout(dropSpare, spareMs) }
}

// path: "/api/v1/…/ws"
export function socketAddress(path: string, since: string, crew = false): string {
  const base = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`
  const query = [since && `since=${encodeURIComponent(since)}`, crew && 'crew=1'].filter(Boolean).join('&')
  return `${base}${path}${query ? `?${query}` : ''}`
}

export class Link {
  state: LinkState = 'connecting'
  private socket: SocketLike | undefined
  private entered = ''  // as whom
  // The connection was another room's: until this one answers, what comes is not for us.
  private moving = false
  private epoch = ''
  private seq = -1
  private tries = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private pingTimer: ReturnType<typeof setTimeout> | undefined
  private stopped = false
  private afterMs: number | undefined
  private lastError: { name: string; title: string } | undefined
  private waiting = new Map<string, { done: (how: 'said' | 'held') => void; fail: (error: { name: string; title: string }) => void }>()
  private refs = 0
  private readonly wake = () => this.hurry()

  constructor(
    private readonly path: string,
    private readonly events: LinkEvents,
    private readonly options: LinkOptions = {},
    private readonly room = '',
  ) {
    if (typeof window !== 'undefined') {
      window.addEventListener('online', this.wake)
      document.addEventListener('visibilitychange', this.wake)
    }
    this.connect()
  }

  stop() {
    this.stopped = true
    clearTimeout(this.timer)
    clearTimeout(this.pingTimer)
    if (typeof window !== 'undefined') {
      window.removeEventListener('online', this.wake)
      document.removeEventListener('visibilitychange', this.wake)
    }
    this.failWaiting()
    const socket = this.socket
    if (socket && this.state === 'open' && this.leave(socket)) {
      this.socket = undefined
      return
    }
    this.drop()
  }

  private come(since: string): SocketLike | undefined {
    const socket = this.room ? takeSpare(this.entered) : undefined
    socket?.send(JSON.stringify({ t: 'go', room: this.room, ref: 'go', ...(since && { since }) }))
    return socket
  }
  private leave(socket: SocketLike): boolean {
    if (!this.room || socket.readyState !== 1) return false
    socket.send(JSON.stringify({ t: 'go', room: null }))
    keepSpare(socket, this.entered)
    return true
  }

  // Resolves when the server says so under the same ref, rejects with its words when it does not.
  protected ask(message: RoomMessage): Promise<'said' | 'held'> {
    const ref = `r${++this.refs}`
    return new Promise((done, fail) => {
      if (!this.send({ ...message, ref })) return fail({ name: 'offline', title: '' })
      this.waiting.set(ref, { done, fail })
    })
  }

  protected send(message: RoomMessage): boolean {
    if (this.state !== 'open' || !this.socket || this.socket.readyState !== 1) return false
    this.socket.send(JSON.stringify(message))
    return true
  }

  private connect() {
    clearTimeout(this.timer)
    this.become('connecting')
    this.lastError = undefined
    const since = this.epoch && this.seq >= 0 ? `${this.epoch}.${this.seq}` : ''
    const open = this.options.open ?? ((url: string) => new WebSocket(url) as unknown as SocketLike)
    this.entered = this.options.person?.() ?? ''
    const kept = this.come(since)
    this.moving = kept !== undefined
    const socket = kept ?? open(socketAddress(this.path, since, this.options.crew))
    this.socket = socket
    socket.onmessage = (event) => {
      if (socket === this.socket && typeof event.data === 'string') this.take(event.data)
    }
    socket.onclose = (event) => {
      if (socket === this.socket) this.closed(event.code)
    }
    socket.onerror = () => {}
    this.expectSilence(this.options.pongMs ?? 10_000)
  }

  private take(text: string) {
    let message: RoomMessage
    try {
      message = JSON.parse(text) as RoomMessage
    } catch {
      return
    }
    if (this.moving) {
      if (message.t === 'elsewhere' || (message.t === 'error' && message.ref === 'go')) {
        this.drop()
        return this.connect()
      }
      if (message.t !== 'snapshot' && message.t !== 'resumed') return
      this.moving = false
    }
    this.keepAlive()
    switch (message.t) {
      case 'snapshot':
      case 'resumed':
        this.epoch = String(message.epoch)
        this.seq = Number(message.seq)
        this.tries = 0
        this.become('open')
        break
      case 'ready':
        this.tries = 0
        this.become('open')
        break
      case 'pong':
        return
      case 'said':
      case 'held':
        this.answer(message)?.done(message.t)
        return
      case 'error': {
        const error = { name: String(message.name), title: String(message.title) }
        const asked = this.answer(message)
        if (asked) return asked.fail(error)
        this.lastError = error
        return
      }
      case 'reconnect':
        this.afterMs = Number(message.after_ms)
        return
      default:
        if (typeof message.seq === 'number') {
          if (message.seq <= this.seq) return
          if (message.seq !== this.seq + 1) return this.restart()
          this.seq = message.seq
        }
    }
    this.events.message(message)
  }

  private answer(message: RoomMessage) {
    const ref = String(message.ref ?? '')
    const asked = this.waiting.get(ref)
    this.waiting.delete(ref)
    return asked
  }

  private restart() {
    this.epoch = ''
    this.seq = -1
    this.drop()
    this.failWaiting()
    this.connect()
  }

  private drop() {
    const socket = this.socket
    this.socket = undefined
    if (socket) {
      socket.onclose = socket.onmessage = null
      socket.close()
    }
  }

  private closed(code: number) {
    this.socket = undefined
    clearTimeout(this.pingTimer)
    this.failWaiting()
    if (this.stopped) return
    if (code === 1008 && this.lastError) return this.become('ended', this.lastError)
    const backoff = Math.min(maxWaitMs, minWaitMs * 2 ** this.tries++) * (0.5 + (this.options.random ?? Math.random)())
    const wait = this.afterMs ?? backoff
    this.afterMs = undefined
    this.become('waiting')
    this.timer = setTimeout(() => this.connect(), wait)
  }

  private failWaiting() {
    for (const { fail } of this.waiting.values()) fail({ name: 'offline', title: '' })
    this.waiting.clear()
  }

  private hurry() {
    if (this.stopped || this.state !== 'waiting' || document.visibilityState === 'hidden') return
    this.tries = 0
    this.connect()
  }

  private keepAlive() {
    clearTimeout(this.pingTimer)
    this.pingTimer = setTimeout(() => {
      if (!this.send({ t: 'ping', id: 'k' })) return
      this.expectSilence(this.options.pongMs ?? 10_000)
    }, this.options.pingMs ?? 20_000)
  }
  private expectSilence(ms: number) {
    clearTimeout(this.pingTimer)
    this.pingTimer = setTimeout(() => {
      this.drop()
      this.closed(1006)
    }, ms)
  }

  private become(state: LinkState, why?: { name: string; title: string }) {
    if (this.state === state && state !== 'connecting') return
    this.state = state
    this.events.state(state, why)
  }
}

export class RoomLink extends Link {
  constructor(broadcast: string, events: LinkEvents, options: LinkOptions = {}) {
    super(`/api/v1/rooms/${encodeURIComponent(broadcast)}/ws`, events, options, options.crew ? '' : broadcast)
  }
  // Resolves when the line is told to the room, or waits for the crew to let it through.
  say(text: string): Promise<'said' | 'held'> {
    return this.ask({ t: 'chat', text })
  }
  like(n: number): boolean {
    return this.send({ t: 'like', n: Math.min(50, Math.max(1, n)) })
  }
}
