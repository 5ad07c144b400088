// Amounts: whole hundredths of the brand's currency in, text out. Nothing is computed in fractions.
import { languageTag } from '../i18n'

const formats = new Map<string, Intl.NumberFormat>()
function format(currency: string, digits: number) {
  const key = `${languageTag.value} ${currency} ${digits}`
  let found = formats.get(key)
  if (!found) {
    const options: Intl.NumberFormatOptions = { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits, currencyDisplay: 'narrowSymbol' }
    try {
      found = new Intl.NumberFormat(languageTag.value, options)
    } catch {
      found = new Intl.NumberFormat(languageTag.value, { ...options, currencyDisplay: 'symbol' })
    }
    formats.set(key, found)
  }
  return found
}

// Those that both languages write alike, put together here: a formatter of the first costs a weak phone fifty milliseconds.
const symbols: Record<string, string> = { CNY: '¥', USD: '$', EUR: '€', GBP: '£' }

// The parts of an amount for setting the symbol and the decimals smaller.
export function moneyParts(fen: number, currency = 'CNY') {
  const known = symbols[currency]
  if (known && Number.isSafeInteger(fen)) {
    const digits = String(Math.abs(fen)).padStart(3, '0')
    const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')
    return { symbol: known, whole: fen < 0 ? `-${whole}` : whole, decimals: `.${digits.slice(-2)}` }
  }
  let symbol = ''
  let whole = ''
  let decimals = ''
  for (const part of format(currency, 2).formatToParts(fen / 100)) {
    if (part.type === 'currency') symbol = part.value
    else if (part.type === 'fraction' || part.type === 'decimal') decimals += part.value
    else if (part.type === 'minusSign' || part.type === 'integer' || part.type === 'group') whole += part.value
  }
  return { symbol, whole, decimals }
}
// ¥39.90; always with both decimals, so that columns line up.
export function money(fen: number, currency = 'CNY'): string {
  if (!(currency in symbols)) return format(currency, 2).format(fen / 100)
  const { symbol, whole, decimals } = moneyParts(fen, currency)
  return whole.startsWith('-') ? `-${symbol}${whole.slice(1)}${decimals}` : `${symbol}${whole}${decimals}`
}
const percents = new Map<string, Intl.NumberFormat>()
export function percent(bp: number): string {
  let found = percents.get(languageTag.value)
  if (!found) percents.set(languageTag.value, (found = new Intl.NumberFormat(languageTag.value, { style: 'percent', maximumFractionDigits: 2 })))
  return found.format(bp / 10000)
}
