// The check of a lucky bag's draw, in the visitor's own browser: "lianbo-luckybag-1", as src/live/lucky_bag.hpp and
// docs/decisions/0018-lucky-bags.md describe it. SHA-256 is here because crypto.subtle is missing on plain http.
import type { GetLuckyBagProofReply } from '../api/schema'

const primes: number[] = []
for (let n = 2; primes.length < 64; ++n) if (primes.every((p) => n % p !== 0)) primes.push(n)
const fraction = (x: number) => ((x - Math.floor(x)) * 2 ** 32) >>> 0
const k = primes.map((p) => fraction(Math.cbrt(p)))
const start = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)))

export function sha256(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(padded.length - 4, bytes.length * 8)
  const h = [...start]
  const w = new Array<number>(64)
  const turn = (x: number, n: number) => (x >>> n) | (x << (32 - n))
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; ++i) w[i] = view.getUint32(at + 4 * i)
    for (let i = 16; i < 64; ++i) {
      const [a, b] = [w[i - 15]!, w[i - 2]!]
      w[i] = (w[i - 16]! + w[i - 7]! + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10))) | 0
    }
    let [a, b, c, d, e, f, g, last] = h as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; ++i) {
      const one = (last + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + k[i]! + w[i]!) | 0
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      ;[last, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0]
    }
    for (const [i, x] of [a, b, c, d, e, f, g, last].entries()) h[i] = (h[i]! + x) | 0
  }
  return h.map((x) => (x >>> 0).toString(16).padStart(8, '0')).join('')
}

const algorithm = 'lianbo-luckybag-1'
export interface DrawCheck {
  // The seed is the one that was committed to before anybody entered.
  seed: boolean
  // The winners are those the seed gives.
  winners: boolean
  ok: boolean
}
// `promised`: the commitment this page was told when the bag opened, if it was there.
export function checkDraw(proof: GetLuckyBagProofReply, promised: string): DrawCheck {
  const wanted = [algorithm, proof.id, proof.seed ?? ''].join('\n')
  const seed = proof.algorithm === algorithm && !!proof.seed && sha256(wanted) === proof.commitment && promised === proof.commitment
  const tickets = proof.entrants.map((one) => ({ one, ticket: sha256(`${wanted}\n${one}`) })).sort((a, b) => (a.ticket < b.ticket ? -1 : 1))
  const drawn = tickets.slice(0, proof.winners_wanted).map(({ one }) => one)
  const winners = drawn.length === proof.winners.length && drawn.every((one, i) => one === proof.winners[i])
  return { seed, winners, ok: seed && winners }
}
