// Codes of agents from what somebody pasted: the first column of each line, whatever parts the columns, or the column
// headed "code". Each with its line, the first time it is named.
export function readCodes(text: string): { line: number; code: string }[] {
  const rows = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/).map((line) => line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1').trim()))
  const head = rows[0]?.findIndex((cell) => /^(code|\u7f16\u53f7)$/i.test(cell)) ?? -1
  const seen = new Set<string>()
  const out: { line: number; code: string }[] = []
  for (const [i, row] of rows.entries()) {
    const code = row[Math.max(0, head)] ?? ''
    if (!code || (i === 0 && head >= 0) || seen.has(code.toLowerCase())) continue
    seen.add(code.toLowerCase())
    out.push({ line: i + 1, code })
  }
  return out
}

// Who asked to become an agent has no code until the brand gives one: the server keeps their id there.
export const codeOf = (agent: { id: string; code: string }) => (agent.code === agent.id ? '–' : agent.code)
