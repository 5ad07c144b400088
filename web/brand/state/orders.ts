import type { OrderState } from '@shared/api/types'

export const orderStates: OrderState[] = ['placed', 'paid', 'shipped', 'received', 'completed', 'cancelled']
export const orderTone = (state: OrderState) => ({ placed: 'warn', paid: 'live', shipped: 'warn', received: 'good', completed: 'good', cancelled: 'plain' })[state] as 'warn' | 'live' | 'good' | 'plain'
