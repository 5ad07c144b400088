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

// ¥39.90; always with both decimals, so that columns line up.
export function money(fen: number, currency = 'CNY'): string {
  return format(currency, 2).format(fen / 100)
}
// The parts of an amount for setting the symbol and the decimals smaller.
export function moneyParts(fen: number, currency = 'CNY') {
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
export function percent(bp: number): string {
  return new Intl.NumberFormat(languageTag.value, { style: 'percent', maximumFractionDigits: 2 }).format(bp / 10000)
}
