// The carriers the server knows, asked for once.
import { shallowRef } from 'vue'
import { api } from '@shared/api/client'
import { listCarriers } from '@shared/api/schema'

export const carriers = shallowRef<{ code: string; name: string }[]>([])
let asked: Promise<void> | undefined
export const loadCarriers = () =>
  (asked ??= api(listCarriers).then(
    (got) => void (carriers.value = got.items),
    () => void (asked = undefined),
  ))
