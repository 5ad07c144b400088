// A problem in the visitor's language: the server titles its own in the language it was asked in.
import type { Problem } from './api/problem'
import { shared } from './i18n/messages'

export function problemTitle(problem: Problem): string {
  if (problem.name === 'offline') return shared.t('error.offline')
  if (problem.name === 'timeout') return shared.t('error.timeout')
  if (problem.isMissing) return shared.t('error.missing')
  if (problem.name === 'unexpected') return shared.t('error.unexpected')
  return problem.title
}
export function problemHint(problem: Problem): string {
  if (problem.isOffline) return shared.t('error.offline.hint')
  if (problem.isMissing) return shared.t('error.missing.hint')
  if (problem.isPassing || problem.name === 'unexpected') return shared.t('error.unexpected.hint')
  return ''
}
