// What a page that a link led to carries with it (src/app/first_page.hpp): the answers it would ask for first, each
// taken once, and a still card of the shared product, shown until the living one stands.
let answers: Record<string, unknown> | undefined

function carried(): Record<string, unknown> {
  if (answers) return answers
  answers = {}
  try {
    const text = document.getElementById('first-answers')?.textContent
    if (text) answers = JSON.parse(text) as Record<string, unknown>
  } catch {
    // Then everything is asked for.
  }
  return answers
}
export function takeFirst(url: string): { value: unknown } | undefined {
  const all = carried()
  if (!(url in all)) return undefined
  const value = all[url]
  delete all[url]
  return { value }
}
// Whoever has a page with answers in it has been introduced by it.
export const wasCarried = () => Object.keys(carried()).length > 0

export function dropStill() {
  document.getElementById('first')?.remove()
}
