// A planned broadcast as an entry for the host's own calendar, made here.
const stamp = (at: number) => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '')
const plain = (text: string) => text.replace(/[\\;,]/g, (c) => `\\${c}`).replace(/\r?\n/g, '\\n')

export function calendarText(plan: { id: string; title: string; scheduled_at: string }, store: string, address: string): string {
  const at = Date.parse(plan.scheduled_at)
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Lianbo//Host//EN', 'BEGIN:VEVENT', `UID:${plan.id}@lianbo`, `DTSTAMP:${stamp(at)}`, `DTSTART:${stamp(at)}`, `DTEND:${stamp(at + 7_200_000)}`, `SUMMARY:${plain(`${plan.title} · ${store}`)}`, `URL:${address}`, 'BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:${plain(plan.title)}`, 'TRIGGER:-PT15M', 'END:VALARM', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n')
}
export function calendarFile(plan: { id: string; title: string; scheduled_at: string }, store: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([calendarText(plan, store, `${location.origin}/host/live/${plan.id}`)], { type: 'text/calendar' }))
  link.download = 'lianbo.ics'
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
