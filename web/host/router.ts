// The addresses of the host's pages, all below /host.
import { createRouter, createWebHistory } from 'vue-router'
import { desk, loadDesk } from './state/desk'

declare module 'vue-router' {
  interface RouteMeta {
    // Fills the screen by itself: no header, no tabs.
    bare?: boolean
    // For who has no store here, or is not logged in.
    open?: boolean
    // For who helps in somebody else's room, too.
    crew?: boolean
    hostTab?: 'today' | 'live' | 'customers' | 'earnings' | 'more'
  }
}

export const routes = [
  { path: '/', component: () => import('./pages/TodayPage.vue'), meta: { hostTab: 'today' as const } },
  { path: '/login', component: () => import('./pages/LoginPage.vue'), meta: { bare: true, open: true } },
  { path: '/invite/:token', component: () => import('./pages/LoginPage.vue'), meta: { bare: true, open: true } },
  { path: '/none', component: () => import('./pages/NoStorePage.vue'), meta: { bare: true, open: true } },
  { path: '/open', component: () => import('./pages/OpenShopPage.vue'), meta: { bare: true } },
  { path: '/live', component: () => import('./pages/BroadcastsPage.vue'), meta: { hostTab: 'live' as const } },
  { path: '/live/new', component: () => import('./pages/PreparePage.vue') },
  { path: '/live/:id', component: () => import('./pages/AirPage.vue'), meta: { bare: true, crew: true } },
  { path: '/live/:id/edit', component: () => import('./pages/PreparePage.vue') },
  { path: '/live/:id/results', component: () => import('./pages/ResultsPage.vue') },
  { path: '/live/:id/promote', component: () => import('./reach/PromotePage.vue') },
  { path: '/reach', component: () => import('./reach/ReachPage.vue') },
  { path: '/orders', component: () => import('./pages/OrdersPage.vue') },
  { path: '/orders/:id', component: () => import('./pages/OrderPage.vue') },
  { path: '/customers', component: () => import('./pages/CustomersPage.vue'), meta: { hostTab: 'customers' as const } },
  { path: '/earnings', component: () => import('./pages/EarningsPage.vue'), meta: { hostTab: 'earnings' as const } },
  { path: '/earnings/:id', component: () => import('./pages/WhyPage.vue') },
  { path: '/settlements/:id', component: () => import('./pages/SettlementPage.vue') },
  { path: '/score', component: () => import('./pages/ScorePage.vue') },
  { path: '/team', component: () => import('./pages/TeamPage.vue') },
  { path: '/training', component: () => import('./pages/TrainingPage.vue') },
  { path: '/clips', component: () => import('./pages/ClipsPage.vue') },
  { path: '/shares', component: () => import('./pages/SharesPage.vue') },
  { path: '/store', component: () => import('./pages/StorePage.vue') },
  { path: '/assistants', component: () => import('./pages/AssistantsPage.vue') },
  { path: '/more', component: () => import('./pages/MorePage.vue'), meta: { hostTab: 'more' as const } },
  { path: '/:rest(.*)*', component: () => import('./pages/MissingPage.vue'), meta: { open: true } },
]

export const router = createRouter({
  history: createWebHistory('/host/'),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})
// Who is not logged in logs in first and comes back; who has no store is told so. A server that does not answer is the
// page's own affair: it says so and offers to try again.
router.beforeEach(async (to) => {
  if (to.meta.open) return true
  await loadDesk().catch(() => undefined)
  if (desk.guest) return { path: '/login', query: { next: to.fullPath }, replace: true }
  if (desk.ready && !desk.mine && !to.meta.crew) return { path: '/none', replace: true }
  return true
})
