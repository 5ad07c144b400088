// Times as the brand's zone has them, and "now" as the server has it (its clock may be a simulated one,
// which goes on as ours does until the page asks again).
import { ref } from 'vue'
import { languageTag } from '../i18n'
import { shared } from '../i18n/messages'

const zone = ref('Asia/Shanghai')
export function setZone(name: string) {
  zone.value = name
}

let offset = 0
export function setServerTime(now: string) {
  offset = Date.parse(now) - Date.now()
}
export function serverNow(): number {
  return Date.now() + offset
}

// Changes every second; what shows a countdown or "… ago" reads it.
export const tick = ref(serverNow())
if (typeof window !== 'undefined') setInterval(() => (tick.value = serverNow()), 1000)

const formats = new Map<string, Intl.DateTimeFormat>()
function format(options: Intl.DateTimeFormatOptions) {
  const key = `${languageTag.value} ${zone.value} ${Object.entries(options).join()}`
  let found = formats.get(key)
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(languageTag.value, { ...options, timeZone: zone.value, hourCycle: 'h23' })))
  return found
}
export const clockTime = (at: string | number) => format({ hour: '2-digit', minute: '2-digit' }).format(new Date(at))
export const dateTime = (at: string | number) =>
  format({ year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }).format(new Date(at))
export const shortDate = (at: string | number) => format({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }).format(new Date(at))

// 14 Nov; with its year where that is not plain: 14 Nov 2027
export const dayOnly = (at: string | number) => format({ ...(Math.abs(new Date(at).getTime() - serverNow()) > 300 * 86_400_000 ? { year: 'numeric' as const } : {}), month: 'short', day: 'numeric' }).format(new Date(at))
// Saturday, 14 November
export const longDay = (at: string | number) => format({ weekday: 'long', month: 'long', day: 'numeric' }).format(new Date(at))

// What the wall shows at an instant in the brand's zone, as a date field has it: 2026-11-11T20:00; and back. A time that
// a clock change leaves out is the one an hour later.
export function wallTime(at: number): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone.value, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).formatToParts(at)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '00'
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`
}
const asUtc = (wall: string) => Date.parse(`${wall.slice(0, 16)}:00.000Z`)
export function instantOfWall(wall: string): number {
  const wanted = asUtc(wall)
  if (Number.isNaN(wanted)) return NaN
  // The zone's offset at the guess, and again at the instant that gives.
  let at = wanted
  for (let i = 0; i < 2; ++i) at = wanted - (asUtc(wallTime(at)) - Math.floor(at / 60_000) * 60_000)
  return at + Math.max(0, wanted - asUtc(wallTime(at)))
}
// The instant at which the day that `at` lies in began, or that of a day near it.
export function dayStart(at: number, days = 0): number {
  const day = new Date(asUtc(`${wallTime(at).slice(0, 10)}T00:00`) + days * 86_400_000).toISOString().slice(0, 10)
  return instantOfWall(`${day}T00:00`)
}

const dayOf = (at: number) => new Intl.DateTimeFormat('en-CA', { timeZone: zone.value }).format(at)

// today 20:00 · tomorrow 20:00 · 12 Nov 20:00
export function dayTime(at: string | number, now = serverNow()): string {
  const ms = new Date(at).getTime()
  const time = clockTime(ms)
  if (dayOf(ms) === dayOf(now)) return shared.t('time.today', { time })
  if (dayOf(ms) === dayOf(now + 86_400_000)) return shared.t('time.tomorrow', { time })
  if (dayOf(ms) === dayOf(now - 86_400_000)) return shared.t('time.yesterday', { time })
  return shortDate(ms)
}

// The same inside a sentence: until tomorrow 20:00.
export function dayTimeInText(at: string | number, now = serverNow()): string {
  const text = dayTime(at, now)
  return text === shortDate(at) ? text : text.charAt(0).toLowerCase() + text.slice(1)
}

export function span(ms: number): string {
  const minutes = Math.max(1, Math.round(Math.abs(ms) / 60_000))
  if (minutes < 60) return shared.t('time.minutes', { n: minutes })
  if (minutes < 48 * 60) return shared.t('time.hours', { n: Math.round(minutes / 60) })
  return shared.t('time.days', { n: Math.round(minutes / 1440) })
}
export function relative(at: string | number, now = serverNow()): string {
  const ms = new Date(at).getTime() - now
  if (Math.abs(ms) < 45_000) return shared.t('time.now')
  return shared.t(ms > 0 ? 'time.in' : 'time.ago', { span: span(ms) })
}
// 4:05 · 1:04:05; never negative
export function stopwatch(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const h = Math.floor(s / 3600)
  return h > 0 ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`
}
