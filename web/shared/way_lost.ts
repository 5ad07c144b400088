// A page that was gone to and whose script does not come. Without a network one is told so and stays where one is; the
// next page gone to is then opened anew, because a browser does not ask again for styles that failed. With one, the shop
// has a new version: the address is opened anew, once.
import type { Router } from 'vue-router'
import { shared } from './i18n/messages'

const tried = 'lianbo.reloaded'
export function watchWay(router: Router, say: (text: string) => void) {
  let lost = false
  router.beforeEach((to) => {
    if (!lost || navigator.onLine === false) return true
    location.assign(router.resolve(to.fullPath).href)
    return false
  })
  router.onError((_error, to) => {
    const address = router.resolve(to.fullPath).href
    try {
      if (navigator.onLine !== false && sessionStorage.getItem(tried) !== address) {
        sessionStorage.setItem(tried, address)
        return location.assign(address)
      }
    } catch {
      // Without storage nobody knows whether it was tried: it is not.
    }
    lost = true
    say(shared.t('error.offline'))
  })
  router.afterEach((to) => {
    try {
      if (sessionStorage.getItem(tried) === router.resolve(to.fullPath).href) sessionStorage.removeItem(tried)
    } catch {
      // As above.
    }
  })
}
