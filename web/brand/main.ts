import { createApp } from 'vue'
import { boot } from '@shared/boot'
import { loadSession } from '@shared/session'
import { loadSite } from '@shared/site'
import '@shared/theme/tokens.css'
import './desk.css'
import App from './App.vue'
import { router } from './router'
import { sayLost } from './state/say'
import { watchWay } from '@shared/way_lost'

boot()
watchWay(router, sayLost)
void loadSite().catch(() => undefined)
void loadSession().catch(() => undefined)
createApp(App).use(router).mount('#app')
