// The brand's regions, for fields in which one is typed; asked for once a page.
import { shallowRef } from 'vue'
import { api } from '@shared/api/client'
import { listRegions } from '@shared/api/schema'
import { brandId } from './desk'

export const regionNames = shallowRef<string[]>([])
let of = ''
export function loadRegions() {
  if (of === brandId.value) return
  const brand = (of = brandId.value)
  api(listRegions, { path: { brand_id: brand }, query: { limit: 200 } }).then(
    (got) => void (regionNames.value = got.items.map((one) => one.name)),
    () => void (of = ''),
  )
}
export const regionsChanged = () => {
  of = ''
}
