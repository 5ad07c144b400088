import { createApp } from 'vue'
import { boot } from '@shared/boot'
import '@shared/theme/tokens.css'
import '@shared/phone/phone.css'
import './first.css'
import App from './App.vue'
import { router } from './router'
import { say } from '@shared/phone/say'
import { loadSite } from '@shared/site'
import { watchWay } from '@shared/way_lost'

boot()
watchWay(router, say)
// What every page needs is asked for while the page's own script is still coming.
void loadSite().catch(() => undefined)
createApp(App).use(router).mount('#app')
