import type { IconName } from '@shared/ui/icons'
import type { HostKey } from '../i18n'

export const tabs: { name: string; to: string; icon: IconName; label: HostKey }[] = [
  { name: 'today', to: '/', icon: 'home', label: 'tab.today' },
  { name: 'customers', to: '/customers', icon: 'users', label: 'tab.customers' },
  { name: 'live', to: '/live', icon: 'play', label: 'tab.live' },
  { name: 'earnings', to: '/earnings', icon: 'money', label: 'tab.earnings' },
  { name: 'more', to: '/more', icon: 'grid', label: 'tab.more' },
]
