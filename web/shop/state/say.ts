import { showToast } from 'vant/es/toast'
import { asProblem } from '@shared/api/problem'
import { problemTitle } from '@shared/words'

export const say = (message: string) => showToast({ message, wordBreak: 'break-word' })
export const sayProblem = (error: unknown) => say(problemTitle(asProblem(error)))
