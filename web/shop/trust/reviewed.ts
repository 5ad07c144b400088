// Lines this browser knows to have their review. Nobody is asked again for what they wrote.
import { reactive } from 'vue'
import { recall, remember } from '@shared/memory'

const kept = reactive(new Set(recall<string[]>('reviewed', [])))
const key = (order: string, line: number) => `${order}.${line}`
export const isReviewed = (order: string, line: number) => kept.has(key(order, line))
export function noteReviewed(order: string, line: number) {
  kept.add(key(order, line))
  remember('reviewed', [...kept].slice(-200))
}
