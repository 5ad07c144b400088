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
// Staff of some regions only: they see and serve what belongs to those, and nothing of the whole brand.
export const limited = computed(() => (session.me?.staff.find((one) => one.brand_id === brandId.value)?.regions.length ?? 0) > 0)
export const can = {
  // Runs the shop: agents, goods, rules.
  operate: computed(() => !limited.value && has('owner', 'operator')),
  // Serves stores: orders, after-sales, agents, rooms. Of their regions, who is limited to some.
  serve: computed(() => has('owner', 'operator')),
  // Settles and pays.
  pay: computed(() => !limited.value && has('owner', 'finance')),
  own: computed(() => has('owner')),
}
// Which pages somebody has, by their place in the menu. The server decides; this only leaves out what it would refuse.
const inRegions = ['agents', 'applications', 'regions', 'products', 'orders', 'after-sales', 'funnel', 'spread', 'settings']
const byRole: Partial<Record<string, Role[]>> = { settlements: ['owner', 'finance', 'auditor'], books: ['owner', 'finance', 'auditor'], audit: ['owner', 'auditor'], buyers: ['owner', 'operator'] }
export const mayOpen = (nav: string) => (limited.value ? inRegions.includes(nav) : true) && has(...(byRole[nav] ?? (['owner', 'operator', 'finance', 'auditor'] as Role[])))
export const home = computed(() => (limited.value ? 'orders' : 'wall'))
export { brand, chooseBrand }

// An address of this desk.
export const at = (path: string) => `/${brandId.value}/${path}`
