import type { Agent } from '@shared/api/types'

export type AgentState = Agent['state']
export const agentStates: AgentState[] = ['applied', 'training', 'active', 'suspended', 'left']
export const stateTone = (state: AgentState) => ({ applied: 'warn', training: 'warn', active: 'good', suspended: 'bad', left: 'plain' })[state] as 'good' | 'warn' | 'bad' | 'plain'
// What may follow: left is final.
export const nextStates = (state: AgentState): AgentState[] => ({ applied: ['training', 'active', 'left'], training: ['active', 'left'], active: ['suspended', 'left'], suspended: ['active', 'left'], left: [] })[state] as AgentState[]
