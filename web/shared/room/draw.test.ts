import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { checkDraw, sha256 } from './draw'

const node = (text: string) => createHash('sha256').update(text).digest('hex')
describe('the check of a draw', () => {
  it('hashes as everybody does, at every length around a block', () => {
    for (const n of [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 128, 1000]) expect(sha256('福a'.repeat(n).slice(0, n))).toBe(node('福a'.repeat(n).slice(0, n)))
  })
  const head = `lianbo-luckybag-1\nbag\n${'ab'.repeat(32)}`
  const entrants = ['p1', 'p2', 'p3', 'p4', 'p5']
  const best = [...entrants].sort((a, b) => (node(`${head}\n${a}`) < node(`${head}\n${b}`) ? -1 : 1))
  const proof = { algorithm: 'lianbo-luckybag-1', id: 'bag', commitment: node(head), seed: 'ab'.repeat(32), winners_wanted: 2, opened_at: '', entrants, winners: best.slice(0, 2) }
  it('agrees with an honest draw', () => {
    expect(checkDraw(proof, proof.commitment)).toEqual({ seed: true, winners: true, ok: true })
  })
  it('finds another seed, another commitment than the one promised, and another winner', () => {
    expect(checkDraw({ ...proof, seed: 'ac'.repeat(32) }, proof.commitment).ok).toBe(false)
    expect(checkDraw(proof, node('promised')).seed).toBe(false)
    expect(checkDraw({ ...proof, winners: [best[0]!, best[4]!] }, proof.commitment)).toMatchObject({ seed: true, winners: false })
    expect(checkDraw({ ...proof, winners: [best[0]!] }, proof.commitment).winners).toBe(false)
    expect(checkDraw({ ...proof, seed: null }, proof.commitment).ok).toBe(false)
  })
})
