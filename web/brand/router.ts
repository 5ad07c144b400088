// The addresses of the desk, below /brand. The first segment is the brand, so that a link always opens the right one.
import { createRouter, createWebHistory } from 'vue-router'

declare module 'vue-router' {
  interface RouteMeta {
    // The entry of the menu that is lit.
    nav?: string
  }
}

const id = ':id([0-9a-z]{13})'
export const routes = [
  { path: '/', component: () => import('./pages/DoorPage.vue') },
  { path: '/login', component: () => import('./pages/LoginPage.vue') },
  { path: '/invite', component: () => import('./pages/InvitePage.vue') },
  {
    path: '/:brand([0-9a-z]{13})',
    component: () => import('./parts/Shell.vue'),
    children: [
      { path: '', component: () => import('./pages/HomePage.vue') },
      { path: 'wall', component: () => import('./pages/WallPage.vue'), meta: { nav: 'wall' } },
      { path: 'overview', component: () => import('./pages/OverviewPage.vue'), meta: { nav: 'overview' } },
      { path: 'agents', component: () => import('./pages/AgentsPage.vue'), meta: { nav: 'agents' } },
      { path: 'agents/import', component: () => import('./pages/AgentImportPage.vue'), meta: { nav: 'agents' } },
      { path: `agents/${id}`, component: () => import('./pages/AgentPage.vue'), meta: { nav: 'agents' } },
      { path: 'applications', component: () => import('./pages/ApplicationsPage.vue'), meta: { nav: 'applications' } },
      { path: 'training', component: () => import('./pages/TrainingPage.vue'), meta: { nav: 'training' } },
      { path: 'regions', component: () => import('./pages/RegionsPage.vue'), meta: { nav: 'regions' } },
      { path: 'products', component: () => import('./pages/ProductsPage.vue'), meta: { nav: 'products' } },
      { path: 'products/import', component: () => import('./pages/ProductImportPage.vue'), meta: { nav: 'products' } },
      { path: `products/${id}`, component: () => import('./pages/ProductPage.vue'), meta: { nav: 'products' } },
      { path: 'clips', component: () => import('./pages/ClipsPage.vue'), meta: { nav: 'clips' } },
      { path: 'campaigns', component: () => import('./pages/CampaignsPage.vue'), meta: { nav: 'campaigns' } },
      { path: `campaigns/${id}`, component: () => import('./pages/CampaignPage.vue'), meta: { nav: 'campaigns' } },
      { path: 'coupons', component: () => import('./pages/CouponsPage.vue'), meta: { nav: 'coupons' } },
      { path: 'orders', component: () => import('./pages/OrdersPage.vue'), meta: { nav: 'orders' } },
      { path: `orders/${id}`, component: () => import('./pages/OrderPage.vue'), meta: { nav: 'orders' } },
      { path: 'after-sales', component: () => import('./pages/AfterSalesPage.vue'), meta: { nav: 'after-sales' } },
      { path: `after-sales/${id}`, component: () => import('./pages/AfterSalePage.vue'), meta: { nav: 'after-sales' } },
      { path: 'reviews', component: () => import('./pages/ReviewsPage.vue'), meta: { nav: 'reviews' } },
      { path: 'buyers', component: () => import('./pages/BuyersPage.vue'), meta: { nav: 'buyers' } },
      { path: 'plans', component: () => import('./pages/PlansPage.vue'), meta: { nav: 'plans' } },
      { path: 'settlements', component: () => import('./pages/SettlementsPage.vue'), meta: { nav: 'settlements' } },
      { path: `settlements/${id}`, component: () => import('./pages/SettlementRunPage.vue'), meta: { nav: 'settlements' } },
      { path: `why/:what(order|entry|settlement)/${id}`, component: () => import('./pages/WhyPage.vue'), meta: { nav: 'settlements' } },
      { path: 'books', component: () => import('./pages/BooksPage.vue'), meta: { nav: 'books' } },
      { path: 'funnel', component: () => import('./pages/FunnelPage.vue'), meta: { nav: 'funnel' } },
      { path: `broadcasts/${id}`, component: () => import('./pages/BroadcastPage.vue'), meta: { nav: 'funnel' } },
      { path: 'cascades', component: () => import('./pages/CascadesPage.vue'), meta: { nav: 'cascades' } },
      { path: `cascades/${id}`, component: () => import('./pages/CascadePage.vue'), meta: { nav: 'cascades' } },
      { path: 'spread', component: () => import('./pages/SpreadPage.vue'), meta: { nav: 'spread' } },
      { path: 'fair', component: () => import('./reach/FairPage.vue'), meta: { nav: 'fair' } },
      { path: 'promotions', component: () => import('./reach/PromotionsPage.vue'), meta: { nav: 'promotions' } },
      { path: 'staff', component: () => import('./pages/StaffPage.vue'), meta: { nav: 'staff' } },
      { path: 'audit', component: () => import('./pages/AuditPage.vue'), meta: { nav: 'audit' } },
      { path: 'webhooks', component: () => import('./pages/WebhooksPage.vue'), meta: { nav: 'webhooks' } },
      { path: `webhooks/${id}`, component: () => import('./pages/WebhookPage.vue'), meta: { nav: 'webhooks' } },
      { path: 'evidence', component: () => import('./pages/EvidencePage.vue'), meta: { nav: 'evidence' } },
      { path: 'settings', component: () => import('./pages/SettingsPage.vue'), meta: { nav: 'settings' } },
      { path: 'verify', component: () => import('./pages/VerifyPage.vue'), meta: { nav: 'verify' } },
      { path: ':rest(.*)*', component: () => import('./pages/MissingPage.vue') },
    ],
  },
  { path: '/:rest(.*)*', component: () => import('./pages/MissingPage.vue') },
]

export const router = createRouter({
  history: createWebHistory('/brand/'),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
})
