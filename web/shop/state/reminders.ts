// Broadcasts the visitor reserved that have just begun. The server gives each to a person once, wherever they ask first:
// when they come, come back to the page, or the hall tells of a room that has opened.
import { onBeforeUnmount, ref, watch } from 'vue'
import { api } from '@shared/api/client'
import { takeReminders, type TakeRemindersReply } from '@shared/api/schema'
import { isLoggedIn } from '@shared/session'

export type Reminder = TakeRemindersReply['items'][number]
export const reminders = ref<Reminder[]>([])
let asking = false

export async function askForReminders() {
  if (asking || !isLoggedIn.value || document.visibilityState === 'hidden') return
  asking = true
  try {
    reminders.value.push(...(await api(takeReminders)).items)
  } catch {
    // Asked again at the next occasion; what is not given is not lost.
  } finally {
    asking = false
  }
}
export const putAside = (id: string) => (reminders.value = reminders.value.filter((one) => one.broadcast_id !== id))

export function watchReminders() {
  const ask = () => void askForReminders()
  watch(isLoggedIn, ask)
  document.addEventListener('visibilitychange', ask)
  onBeforeUnmount(() => document.removeEventListener('visibilitychange', ask))
}
