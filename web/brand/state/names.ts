// The names behind ids: agents, stores, products, broadcasts, staff. Asked for together, kept until the page is left.
import { reactive } from 'vue'
import { api } from '@shared/api/client'
import { listNames } from '@shared/api/schema'
import { brandId } from './desk'

export interface Name {
  kind: string
  name: string
  note: string
}
const known = reactive(new Map<string, Name>())
const asked = new Set<string>()
let waiting: string[] = []
const atOnce = 100

async function fetch() {
  const ids = waiting.splice(0, atOnce)
  if (waiting.length > 0) setTimeout(() => void fetch(), 0)
  try {
    const got = await api(listNames, { path: { brand_id: brandId.value }, query: { ids: ids.join(',') } })
    for (const one of got.items) known.set(one.id, one)
    // Nothing of this brand that has a name: somebody who only buys, something that is gone.
    for (const id of ids) if (!known.has(id)) known.set(id, { kind: '', name: '', note: '' })
  } catch {
    for (const id of ids) asked.delete(id)
  }
}
export function nameOf(id: string | null | undefined): Name | undefined {
  if (!id) return undefined
  const found = known.get(id)
  if (!found && !asked.has(id)) {
    asked.add(id)
    if (waiting.length === 0) setTimeout(() => void fetch(), 20)
    waiting.push(id)
  }
  return found
}
export function learnName(id: string, name: Name) {
  asked.add(id)
  known.set(id, name)
}
