// Short words over the page. What shows them comes once the first page stands, so that it is there when the network is not.
import { asProblem } from '../api/problem'
import { problemTitle } from '../words'

const coming = () => import('./toast')
const soon = () => void coming().catch(() => undefined)
if (typeof window !== 'undefined' && 'requestIdleCallback' in window) window.addEventListener('load', () => requestIdleCallback(soon), { once: true })

export const say = (message: string) => void coming().then(({ showToast }) => showToast({ message, wordBreak: 'break-word' }), () => undefined)
export const sayProblem = (error: unknown) => say(problemTitle(asProblem(error)))
