// What this browser keeps: 'device' for good, 'visit' for the tab. Works without storage, until a reload.
const spare = new Map<string, string>()
type Span = 'device' | 'visit'
function storage(span: Span): Storage | undefined {
  try {
    return span === 'device' ? localStorage : sessionStorage
  } catch {
    return undefined
  }
}
export function recall<T>(name: string, otherwise: T, span: Span = 'device'): T {
  const key = `lianbo.${name}`
  try {
    const text = storage(span)?.getItem(key) ?? spare.get(key)
    return text ? (JSON.parse(text) as T) : otherwise
  } catch {
    return otherwise
  }
}
export function remember(name: string, value: unknown, span: Span = 'device') {
  const key = `lianbo.${name}`
  const text = JSON.stringify(value)
  spare.set(key, text)
  try {
    storage(span)?.setItem(key, text)
  } catch {
    // Full or switched off: the spare one holds until the page is left.
  }
}
