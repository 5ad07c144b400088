// Vant's toast with its styles; loaded after the first page (say.ts).
import 'vant/es/popup/index.css'
import 'vant/es/toast/index.css'
import './toast.css'
export { showToast } from 'vant/es/toast'
