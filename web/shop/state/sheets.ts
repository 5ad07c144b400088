// The two sheets any page may open: logging in, and sharing.
import { ref } from 'vue'
import { isLoggedIn, loadSession } from '@shared/session'
import type { CreateShareBody } from '@shared/api/schema'

export interface SharePlan {
  body: Omit<CreateShareBody, 'channel'>
  title: string
  // What the other will see, in one line: the moment, the host, the store.
  note: string
  product?: { id: string; title: string; image_url: string; price_fen: number; from: boolean }
}

export const sharing = ref<SharePlan | null>(null)
export const openShare = (plan: SharePlan) => (sharing.value = plan)

export const loginWanted = ref<{ why: string; done: (ok: boolean) => void } | null>(null)
// True once somebody is logged in; false if they would rather not.
export async function needLogin(why: string): Promise<boolean> {
  await loadSession()
  if (isLoggedIn.value) return true
  return new Promise((done) => (loginWanted.value = { why, done }))
}
