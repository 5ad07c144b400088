// Who the host is here: their store and themselves as agent of the brand. A person may be agent of several brands; the
// one chosen last counts.
import { computed, reactive } from 'vue'
import { api } from '@shared/api/client'
import { getAgent, getStore } from '@shared/api/schema'
import type { Agent, Me, Store } from '@shared/api/types'
import { asProblem, type Problem } from '@shared/api/problem'
import { recall, remember } from '@shared/memory'
import { loadSession, session } from '@shared/session'
import { brand, chooseBrand, loadSite } from '@shared/site'

export type Mine = Me['agents'][number]
export const desk = reactive({
  ready: false,
  // Nobody is logged in (known, not merely unanswered).
  guest: false,
  mine: null as Mine | null,
  store: null as Store | null,
  agent: null as Agent | null,
  problem: null as Problem | null,
})
export const storeId = computed(() => desk.mine?.store_id ?? '')
export const agentId = computed(() => desk.mine?.agent_id ?? '')
export const brandName = computed(() => brand.value?.name ?? '')

let loading: Promise<void> | undefined
export function loadDesk(again = false): Promise<void> {
  if (!loading || again) loading = load(again)
  return loading
}
async function load(again: boolean) {
  try {
    await Promise.all([loadSite(), loadSession(again)])
    desk.guest = session.me?.guest !== false
    const agents = session.me?.agents ?? []
    const kept = recall('host.brand', '')
    desk.mine = agents.find((one) => one.brand_id === kept) ?? agents[0] ?? null
    if (desk.mine) {
      chooseBrand(desk.mine.brand_id)
      const [store, agent] = await Promise.all([api(getStore, { path: { store_id: desk.mine.store_id } }), api(getAgent, { path: { agent_id: desk.mine.agent_id } })])
      desk.store = store
      desk.agent = agent
    }
    desk.problem = null
    desk.ready = true
  } catch (error) {
    loading = undefined
    desk.problem = asProblem(error)
    throw error
  }
}
export async function chooseMine(brandId: string) {
  remember('host.brand', brandId)
  await loadDesk(true)
}
