import { expect, it } from 'vitest'
import { calendarText } from './calendar'

it('a calendar entry is one that calendars read', () => {
  const text = calendarText({ id: 'x', title: 'Tea, and more; tonight', scheduled_at: '2026-11-11T12:00:00.000Z' }, 'Store', 'https://shop.example/host/live/x')
  expect(text.split('\r\n')).toContain('DTSTART:20261111T120000Z')
  expect(text.split('\r\n')).toContain('SUMMARY:Tea\\, and more\\; tonight · Store')
  expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true)
})
