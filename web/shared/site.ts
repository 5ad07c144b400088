// What this server is: its brands, its time, and the share the visitor came through. The visitor's present brand is the
// one of the thing looked at, else the last one, else the first.
import { computed, reactive, ref } from 'vue'
import { api } from './api/client'
import { getSite } from './api/schema'
import type { ReplyOf } from './api/operation'
import { setServerTime, setZone } from './format/time'
import { recall, remember } from './memory'

export type Site = ReplyOf<typeof getSite>
export type SiteBrand = Site['brands'][number]
type Came = NonNullable<Site['share']>

export const site = reactive({ ready: false, sandbox: false, store_discount_max_bp: 0, brands: [] as SiteBrand[], media: { live_url: '', all_url: '', clips_url: '', ingest_url: '', camera: false } })
const brandId = ref(recall<string>('brand', ''))
export const brand = computed<SiteBrand | undefined>(() => site.brands.find((b) => b.id === brandId.value) ?? site.brands[0])
export const currency = computed(() => brand.value?.currency ?? 'CNY')

export function chooseBrand(id: string) {
  if (!site.brands.some((b) => b.id === id)) return
  brandId.value = id
  remember('brand', id)
  if (brand.value) setZone(brand.value.time_zone)
}

let loading: Promise<void> | undefined
export function loadSite(): Promise<void> {
  loading ??= api(getSite, { query: { share: new URLSearchParams(location.search).get('share') ?? undefined } })
    .then((got) => {
      setServerTime(got.now)
      site.brands = got.brands
      site.sandbox = got.sandbox
      site.media = got.media
      site.store_discount_max_bp = got.store_discount_max_bp
      site.ready = true
      if (got.share) {
        // Kept for this visit: an order in that store says which share it came through.
        const came = cameThrough().filter((one) => one.store_id !== got.share!.store_id)
        remember('came', [...came, got.share].slice(-20), 'visit')
        chooseBrand(got.share.brand_id)
      }
      if (brand.value) setZone(brand.value.time_zone)
    })
    .catch((error: unknown) => {
      loading = undefined
      throw error
    })
  return loading
}
export function cameThrough(): Came[] {
  return recall<Came[]>('came', [], 'visit')
}
// Who came through a clip buys in the store it is from, whoever posted it.
export function cameThroughTo(store: string) {
  const all = cameThrough()
  const last = all.at(-1)
  if (last?.kind === 'clip' && last.store_id !== store) remember('came', [...all.filter((one) => one.store_id !== store), { ...last, store_id: store }], 'visit')
}
export function shareOf(store: string): string | null {
  return cameThrough().find((one) => one.store_id === store)?.id ?? null
}
