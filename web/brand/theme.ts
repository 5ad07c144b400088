// Naive UI in the colours of shared/theme/tokens.css. It computes with colours, so they stand here as values.
import { darkTheme, type GlobalTheme, type GlobalThemeOverrides } from 'naive-ui'

interface Palette {
  accent: string
  accentStrong: string
  ink: string
  soft: string
  faint: string
  line: string
  lineStrong: string
  surface: string
  raised: string
  sunken: string
  good: string
  warn: string
  bad: string
}
const light: Palette = { accent: '#c2321f', accentStrong: '#a32514', ink: '#1d1a16', soft: '#5a534a', faint: '#6f675d', line: '#e4dccf', lineStrong: '#8b8276', surface: '#ffffff', raised: '#ffffff', sunken: '#f1ece3', good: '#0b6b50', warn: '#8a5300', bad: '#b3261e' }
const dark: Palette = { accent: '#ff8a70', accentStrong: '#ffa48f', ink: '#f6f0e7', soft: '#c8bdaf', faint: '#a99d8e', line: '#3a332b', lineStrong: '#8d8375', surface: '#1e1a16', raised: '#28231d', sunken: '#0d0b09', good: '#63d0a8', warn: '#f0bb62', bad: '#ff9a8d' }

export function widgetTheme(isDark: boolean): { base: GlobalTheme | null; overrides: GlobalThemeOverrides } {
  const p = isDark ? dark : light
  const onAccent = isDark ? '#2b0d06' : '#ffffff'
  return {
    base: isDark ? darkTheme : null,
    overrides: {
      common: {
        primaryColor: p.accent,
        primaryColorHover: p.accentStrong,
        primaryColorPressed: p.accentStrong,
        primaryColorSuppl: p.accent,
        infoColor: p.accent,
        successColor: p.good,
        warningColor: p.warn,
        errorColor: p.bad,
        errorColorHover: p.bad,
        textColorBase: p.ink,
        textColor1: p.ink,
        textColor2: p.ink,
        textColor3: p.faint,
        placeholderColor: p.faint,
        borderColor: p.lineStrong,
        dividerColor: p.line,
        cardColor: p.surface,
        modalColor: p.raised,
        popoverColor: p.raised,
        bodyColor: p.surface,
        inputColor: p.surface,
        tableColor: p.surface,
        hoverColor: p.sunken,
        borderRadius: '7px',
        borderRadiusSmall: '6px',
        fontSize: '13.5px',
        fontSizeMedium: '13.5px',
        fontFamily: 'var(--font)',
        heightMedium: '34px',
        heightSmall: '28px',
      },
      Button: {
        textColorPrimary: onAccent,
        textColorHoverPrimary: onAccent,
        textColorPressedPrimary: onAccent,
        textColorFocusPrimary: onAccent,
        textColorDisabledPrimary: onAccent,
        fontWeight: '550',
        color: p.surface,
        colorHover: p.sunken,
        colorPressed: p.sunken,
        colorFocus: p.surface,
        textColorHover: p.ink,
        textColorPressed: p.ink,
        textColorFocus: p.ink,
        borderHover: `1px solid ${p.lineStrong}`,
        borderPressed: `1px solid ${p.lineStrong}`,
        borderFocus: `1px solid ${p.lineStrong}`,
        fontWeightStrong: '600',
      },
      Drawer: { color: p.surface, bodyPadding: '20px 24px', headerPadding: '18px 24px', titleFontSize: '17px', titleFontWeight: '650' },
      Card: { paddingMedium: '18px 22px 20px', titleFontSizeMedium: '17px', titleFontWeight: '650' },
      Switch: { railColorActive: p.good },
      Progress: { fontSize: '12px' },
      Tooltip: { color: isDark ? '#3a332b' : '#2a241e', textColor: '#fdf8f1' },
    },
  }
}
