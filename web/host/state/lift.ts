import type { Score } from '@shared/api/types'

export type Part = Score['parts'][number]
// The part with most points still to win, and how many; nothing when all are won.
export function liftOf(score: Pick<Score, 'parts'>): { part: Part['part']; points_c: number } | null {
  let best: { part: Part['part']; points_c: number } | null = null
  for (const { part, weight, points_c } of score.parts) {
    const missing = weight * 100 - points_c
    if (missing > 0 && (best === null || missing > best.points_c)) best = { part, points_c: missing }
  }
  return best
}
