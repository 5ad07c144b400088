// Whose desk this is: the brand of the address, and what the person at it may do there.
import { computed } from 'vue'
import { session } from '@shared/session'
import { brand, chooseBrand, site } from '@shared/site'
import { router } from '../router'

export type Role = 'owner' | 'operator' | 'finance' | 'auditor'

export const brandId = computed(() => String(router.currentRoute.value.params.brand ?? ''))
export const currency = computed(() => site.brands.find((one) => one.id === brandId.value)?.currency ?? 'CNY')
export const myBrands = computed(() => site.brands.filter((one) => session.me?.staff.some((s) => s.brand_id === one.id)))
export const roles = computed<Role[]>(() => (session.me?.staff.find((one) => one.brand_id === brandId.value)?.roles ?? []) as Role[])
const has = (...some: Role[]) => some.some((one) => roles.value.includes(one))
export const can = {
  // Runs the shop: agents, goods, orders.
  operate: computed(() => has('owner', 'operator')),
  // Settles and pays.
  pay: computed(() => has('owner', 'finance')),
  own: computed(() => has('owner')),
}
export { brand, chooseBrand }

// An address of this desk.
export const at = (path: string) => `/${brandId.value}/${path}`
