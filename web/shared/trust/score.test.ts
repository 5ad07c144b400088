import { afterEach, describe, expect, it } from 'vitest'
import { locale } from '../i18n'
import { averageStars, partFrom, partSum, points, type ScorePart } from './score'

const part = (over: Partial<ScorePart>): ScorePart => ({ part: 'reviews', title: 't', weight: 40, good: 0, total: 0, prior_good: 30, prior_total: 40, value_bp: 7500, points_c: 3000, ...over })
afterEach(() => void (locale.value = 'zh'))

describe('a part of a score', () => {
  it('says how many reviews count, and their stars', () => {
    locale.value = 'en'
    // Two of five stars, one of four: 4 + 4 + 3 of 12 quarters.
    const reviews = part({ good: 11, total: 12 })
    expect(averageStars(reviews)).toBeCloseTo(14 / 3)
    expect(partFrom(reviews)).toBe('3 count, 4.7 stars on average')
    expect(partFrom(part({ good: 4, total: 4 }))).toBe('1 counts, 5 stars')
    expect(partFrom(part({ total: 0 }))).toBe('None that counts yet')
    expect(averageStars(part({ total: 0 }))).toBe(0)
  })
  it('shows the sum that the server made, the steep one of refunds too', () => {
    locale.value = 'en'
    expect(partSum(part({ part: 'shipping', good: 7, total: 8, prior_good: 18, prior_total: 20, value_bp: 8928 }))).toBe('(7 + 18) ÷ (8 + 20) = 89.28%')
    expect(partSum(part({ part: 'refunds', good: 9, total: 10, prior_good: 19, prior_total: 20, value_bp: 6666 }))).toBe('1 − 5 × (1 − (9 + 19) ÷ (10 + 20)) = 66.66%')
    expect(partFrom(part({ part: 'promises', good: 3, total: 4 }))).toBe('3 of the last 4 broadcasts')
  })
  it('has points to the hundredth', () => {
    expect([points(3920), points(4000), points(1), points(0)]).toEqual(['39.2', '40', '0.01', '0'])
  })
})
