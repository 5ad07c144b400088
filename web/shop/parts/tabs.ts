import type { IconName } from '@shared/ui/icons'
import type { ShopKey } from '../i18n'

export const tabs: { name: string; to: string; icon: IconName; label: ShopKey }[] = [
  { name: 'hall', to: '/', icon: 'home', label: 'tab.hall' },
  { name: 'cart', to: '/cart', icon: 'cart', label: 'tab.cart' },
  { name: 'orders', to: '/orders', icon: 'receipt', label: 'tab.orders' },
  { name: 'me', to: '/me', icon: 'user', label: 'tab.me' },
]
