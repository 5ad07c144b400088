// What is to be shared, from any page; ShareSheet shows it.
import { ref } from 'vue'
import type { CreateShareBody } from '../api/schema'

export interface SharePlan {
  body: Omit<CreateShareBody, 'channel'>
  title: string
  // What the other will see, in one line: the moment, the host, the store.
  note: string
  product?: { id: string; title: string; image_url: string; price_fen: number; from: boolean }
}

export const sharing = ref<SharePlan | null>(null)
export const openShare = (plan: SharePlan) => (sharing.value = plan)
