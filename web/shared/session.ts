// Who is looking at the page. One object for the whole page; `load` once at the start.
import { computed, reactive } from 'vue'
import { api, configureClient, forgetIdentity } from './api/client'
import { createPerson, createSession, deleteSession, getMe } from './api/schema'
import type { Me } from './api/types'

export const session = reactive({
  ready: false,
  me: null as Me | null,
})
export const isLoggedIn = computed(() => session.me !== null && !session.me.guest)

let loading: Promise<void> | undefined
export function loadSession(again = false): Promise<void> {
  if (!loading || again)
    loading = api(getMe)
      .then((me) => {
        session.me = me
        session.ready = true
      })
      .catch((error: unknown) => {
        loading = undefined
        throw error
      })
  return loading
}
export async function logIn(login: string, password: string) {
  await api(createSession, { body: { login, password } })
  await loadSession(true)
}
export async function register(login: string, password: string, name: string) {
  await api(createPerson, { body: { login, password, name } })
  await loadSession(true)
}
export async function logOut() {
  await api(deleteSession)
  forgetIdentity()
  await loadSession(true)
}
// A session that ended on the server (expired, revoked): the page knows it at the next answer.
configureClient({
  signedOut: () => {
    if (session.me && !session.me.guest) session.me = { ...session.me, guest: true, staff: [], agents: [] }
  },
})
