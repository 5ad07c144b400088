// The sheet any page may open: logging in.
import { ref } from 'vue'
import { isLoggedIn, loadSession } from '@shared/session'

export const loginWanted = ref<{ why: string; done: (ok: boolean) => void } | null>(null)
// True once somebody is logged in; false if they would rather not.
export async function needLogin(why: string): Promise<boolean> {
  await loadSession()
  if (isLoggedIn.value) return true
  return new Promise((done) => (loginWanted.value = { why, done }))
}
