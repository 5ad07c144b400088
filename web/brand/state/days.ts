// Days as the brand's zone has them, written 2026-11-11.
import { serverNow } from '@shared/format/time'
import { site } from '@shared/site'
import { brandId } from './desk'

const zone = () => site.brands.find((one) => one.id === brandId.value)?.time_zone ?? 'Asia/Shanghai'
export const dayOf = (at: number | string) => new Intl.DateTimeFormat('en-CA', { timeZone: zone() }).format(new Date(at))
export const today = () => dayOf(serverNow())
export function dayShift(day: string, days: number): string {
  const at = new Date(`${day}T12:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}
// Local wall time of the zone as an instant: found by trying the zone's offset, then once more across a change.
function offsetMs(at: number): number {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-US', { timeZone: zone(), hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at).map((one) => [one.type, Number(one.value)]))
  return Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!) - Math.floor(at / 1000) * 1000
}
export function instantOf(day: string, time = '00:00'): string {
  const wall = Date.parse(`${day}T${time}:00Z`)
  const guess = wall - offsetMs(wall)
  return new Date(wall - offsetMs(guess)).toISOString()
}
export function wallTime(at: string | number): { day: string; time: string } {
  const ms = new Date(at).getTime()
  const local = new Date(ms + offsetMs(ms)).toISOString()
  return { day: local.slice(0, 10), time: local.slice(11, 16) }
}
