// Short words at the edge of the desk: what was done, or what was not.
import { reactive } from 'vue'
import { locale } from '@shared/i18n'
import { asProblem, type Problem } from '@shared/api/problem'
import { problemHint, problemTitle } from '@shared/words'

export interface Toast {
  id: number
  tone: 'good' | 'bad'
  title: string
  detail: string
}
export const toasts = reactive<Toast[]>([])
let last = 0

function add(tone: Toast['tone'], title: string, detail: string, ms: number) {
  const id = ++last
  toasts.push({ id, tone, title, detail })
  if (toasts.length > 4) toasts.shift()
  setTimeout(() => drop(id), ms)
}
export function drop(id: number) {
  const at = toasts.findIndex((one) => one.id === id)
  if (at >= 0) toasts.splice(at, 1)
}
export const sayDone = (title: string) => add('good', title, '', 4000)
export const sayLost = (title: string) => add('bad', title, '', 9000)
// The server's own words beside its title, in the reader's language where they are known.
async function detailOf({ detail, isMissing }: Problem): Promise<string> {
  if (!detail || isMissing || locale.value === 'en') return isMissing ? '' : detail
  return (await import('../i18n/faults')).detailText(detail)
}
export async function sayProblem(error: unknown) {
  const problem = asProblem(error)
  const detail = await detailOf(problem).catch(() => problem.detail)
  add('bad', problemTitle(problem), detail || problemHint(problem), 9000)
}
