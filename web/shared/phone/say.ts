import { showToast } from 'vant/es/toast'
import { asProblem } from '../api/problem'
import { problemTitle } from '../words'

export const say = (message: string) => showToast({ message, wordBreak: 'break-word' })
export const sayProblem = (error: unknown) => say(problemTitle(asProblem(error)))
