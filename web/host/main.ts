import { createApp } from 'vue'
import { boot } from '@shared/boot'
import '@shared/theme/tokens.css'
import '@shared/phone/phone.css'
import './host.css'
import App from './App.vue'
import { router } from './router'
import { say } from '@shared/phone/say'
import { watchWay } from '@shared/way_lost'
import { loadDesk } from './state/desk'

boot()
watchWay(router, say)
void loadDesk().catch(() => undefined)
createApp(App).use(router).mount('#app')
