import type { OrderState } from '@shared/api/types'

export function orderTone(state: OrderState): string {
  if (state === 'placed') return 'warn'
  if (state === 'cancelled') return ''
  return 'good'
}
