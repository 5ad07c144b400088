// One route of the API as the client needs it. The types are there for the compiler only.
export interface Operation<Path, Query, Body, Reply> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  // An Idempotency-Key is honoured: the call may be repeated.
  keyed?: true
  // Asks for no identity, and gives none.
  open?: true
  readonly _types?: [Path, Query, Body, Reply]
}
export type ReplyOf<O> = O extends Operation<infer _P, infer _Q, infer _B, infer R> ? R : never
