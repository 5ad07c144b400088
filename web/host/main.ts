import { createApp, h } from 'vue'
import { boot } from '@shared/boot'
import '@shared/theme/tokens.css'

boot()
createApp({ render: () => h('main') }).mount('#app')
