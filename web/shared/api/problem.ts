// What can go wrong with a call, in one shape: the server's problem documents (RFC 9457), and what happens before a
// server answers ("offline", "timeout"). `name` never changes its meaning; show `title`, act on `name`.
export class Problem extends Error {
  constructor(
    readonly status: number,
    override readonly name: string,
    readonly title: string,
    readonly detail = '',
    readonly where = '',
    readonly more: string[] = [],
    readonly requestId = '',
    readonly retryAfterMs = 0,
  ) {
    super(title)
  }

  get isOffline() {
    return this.name === 'offline' || this.name === 'timeout'
  }
  get isMissing() {
    return this.status === 404
  }
  // Nothing is wrong with the call; a later one may succeed.
  get isPassing() {
    return this.isOffline || this.status === 429 || this.status >= 500
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem(0, 'unexpected', error instanceof Error ? error.message : String(error))
}

export async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get('Retry-After') ?? 0) * 1000
  try {
    const d = (await response.json()) as Record<string, unknown>
    const text = (key: string) => (typeof d[key] === 'string' ? (d[key] as string) : '')
    const more = Array.isArray(d.more) ? d.more.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))) : []
    if (text('name'))
      return new Problem(response.status, text('name'), text('title'), text('detail'), text('where'), more, text('request_id'), wait)
  } catch {
    // Not ours: a proxy's page.
  }
  return new Problem(response.status, 'unexpected', `HTTP ${response.status}`, '', '', [], '', wait)
}
