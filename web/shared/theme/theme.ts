// Light and dark: <html data-theme>. Until somebody chooses, as the system has it.
import { ref } from 'vue'

export type ThemeChoice = 'auto' | 'light' | 'dark'
const stored = 'lianbo.theme'
const media = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : undefined

function kept(): ThemeChoice {
  try {
    const value = localStorage.getItem(stored)
    if (value === 'light' || value === 'dark') return value
  } catch {
    // Storage may be switched off.
  }
  return 'auto'
}

export const themeChoice = ref<ThemeChoice>(kept())
export const isDark = ref(false)

export function applyTheme() {
  isDark.value = themeChoice.value === 'auto' ? (media?.matches ?? false) : themeChoice.value === 'dark'
  document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light'
}
export function setTheme(choice: ThemeChoice) {
  themeChoice.value = choice
  try {
    if (choice === 'auto') localStorage.removeItem(stored)
    else localStorage.setItem(stored, choice)
  } catch {
    // As above.
  }
  applyTheme()
}
media?.addEventListener('change', applyTheme)
