// The addresses of the shop. The server answers exactly these first segments with this entry (src/app/web_files.cpp).
import { createRouter, createWebHistory } from 'vue-router'
// The pages that links lead to come with the first answer; the others when they are gone to.
import HallPage from './pages/HallPage.vue'
import ProductPage from './pages/ProductPage.vue'
import RoomPage from './pages/RoomPage.vue'

declare module 'vue-router' {
  interface RouteMeta {
    // Fills the screen by itself: no header, no tab bar.
    bare?: boolean
    tab?: 'hall' | 'cart' | 'orders' | 'me'
  }
}

export const routes = [
  { path: '/', component: HallPage, meta: { tab: 'hall' as const } },
  { path: '/room/:id', component: RoomPage, meta: { bare: true } },
  { path: '/product/:id', component: ProductPage },
  { path: '/product/:id/same', component: () => import('./pages/SameItemPage.vue') },
  { path: '/store/:id', component: () => import('./pages/StorePage.vue') },
  { path: '/store/:id/score', component: () => import('./pages/ScorePage.vue') },
  { path: '/clip/:id', component: () => import('./pages/ClipPage.vue') },
  { path: '/join/:id', component: () => import('./pages/JoinPage.vue') },
  { path: '/search', component: () => import('./reach/SearchPage.vue') },
  { path: '/boards', component: () => import('./reach/BoardsPage.vue') },
  { path: '/cart', component: () => import('./pages/CartPage.vue'), meta: { tab: 'cart' as const } },
  { path: '/checkout', component: () => import('./pages/CheckoutPage.vue') },
  { path: '/pay/:id', component: () => import('./pages/PayPage.vue') },
  { path: '/orders', component: () => import('./pages/OrdersPage.vue'), meta: { tab: 'orders' as const } },
  { path: '/orders/:id', component: () => import('./pages/OrderPage.vue') },
  { path: '/shares', component: () => import('./pages/SharesPage.vue') },
  { path: '/me', component: () => import('./pages/MePage.vue'), meta: { tab: 'me' as const } },
  { path: '/me/coupons', component: () => import('./pages/CouponsPage.vue') },
  { path: '/me/follows', component: () => import('./pages/FollowsPage.vue') },
  { path: '/me/data', component: () => import('./pages/DataPage.vue') },
  { path: '/:rest(.*)*', component: () => import('./pages/MissingPage.vue') },
]

export const router = createRouter({
  history: createWebHistory('/'),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})
