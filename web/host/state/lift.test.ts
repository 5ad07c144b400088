import { expect, it } from 'vitest'
import { liftOf, type Part } from './lift'

const part = (name: Part['part'], weight: number, points_c: number): Part => ({ part: name, title: '', weight, good: 0, total: 0, prior_good: 0, prior_total: 1, value_bp: 0, points_c })

it('what would lift a score most is the part with most points missing, whatever its share', () => {
  // Promises are at two fifths and miss 9 points; reviews at three quarters miss 10.
  expect(liftOf({ parts: [part('reviews', 40, 3000), part('shipping', 25, 2400), part('refunds', 20, 2000), part('promises', 15, 600)] })).toEqual({ part: 'reviews', points_c: 1000 })
  expect(liftOf({ parts: [part('reviews', 40, 3900), part('promises', 15, 600)] })).toEqual({ part: 'promises', points_c: 900 })
  expect(liftOf({ parts: [part('reviews', 40, 4000), part('promises', 15, 1500)] })).toBeNull()
})
