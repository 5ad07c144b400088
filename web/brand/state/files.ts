// A text handed to the person as a file.
export function download(name: string, type: string, ...parts: BlobPart[]) {
  const url = URL.createObjectURL(new Blob(parts, { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
const cell = (value: string | number) => (/[",\n\r]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value))
// With a byte order mark, so that spreadsheets read it as UTF-8.
export function downloadCsv(name: string, head: string[], rows: (string | number)[][]) {
  download(name, 'text/csv;charset=utf-8', '\ufeff', [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n'))
}
