// Writes shared/api/schema.ts from the server's OpenAPI document.
//   node tools/generate_api.mjs http://127.0.0.1:8480            writes the file
//   node tools/generate_api.mjs http://127.0.0.1:8480 --check    fails when the file is not what the document says
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const target = fileURLToPath(new URL('../shared/api/schema.ts', import.meta.url))

const quote = (text) => `'${String(text).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const name = (key) => (/^[A-Za-z_]\w*$/.test(key) ? key : quote(key))

function type(schema, depth) {
  if (!schema || Object.keys(schema).length === 0) return 'unknown'
  const pad = '  '.repeat(depth + 1)
  if (schema.oneOf) return schema.oneOf.map((one) => type(one, depth)).join(' | ')
  if (schema.enum) return schema.enum.map((one) => (typeof one === 'string' ? quote(one) : String(one))).join(' | ')
  const kinds = Array.isArray(schema.type) ? schema.type : [schema.type]
  return kinds
    .map((kind) => {
      switch (kind) {
        case 'integer':
        case 'number':
          return 'number'
        case 'string':
          return 'string'
        case 'boolean':
          return 'boolean'
        case 'null':
          return 'null'
        case 'array': {
          const item = type(schema.items, depth)
          return /[|]/.test(item) && !item.startsWith('{') ? `Array<${item}>` : `${item}[]`
        }
        case 'object': {
          const fields = Object.entries(schema.properties ?? {})
          if (fields.length === 0) return 'Record<string, unknown>'
          const required = new Set(schema.required ?? [])
          const lines = fields.map(([key, value]) => {
            const doc = value.description ? `${pad}/** ${value.description.replaceAll('*/', '*')} */\n` : ''
            return `${doc}${pad}${name(key)}${required.has(key) ? '' : '?'}: ${type(value, depth + 1)}`
          })
          return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`
        }
        default:
          return 'unknown'
      }
    })
    .join(' | ')
}

function parameters(list, place) {
  const own = list.filter((p) => p.in === place)
  if (own.length === 0) return 'undefined'
  return `{ ${own.map((p) => `${name(p.name)}${p.required ? '' : '?'}: ${type(p.schema, 0)}`).join('; ')} }`
}

function generate(document) {
  const out = [
    '// Made from the OpenAPI document of the server by tools/generate_api.mjs; not to be edited.',
    "import type { Operation } from './operation'",
    '',
  ]
  const operations = []
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, one] of Object.entries(methods)) operations.push({ path, method: method.toUpperCase(), ...one })
  // One order whatever way the server lists them.
  operations.sort((a, b) => (a.operationId < b.operationId ? -1 : 1))
  // Routes that exist only on a simulated clock or with the sandbox are in some documents and not in others.
  for (const one of operations.filter((o) => o.operationId !== 'moveClock')) {
    const list = one.parameters ?? []
    const content = one.requestBody?.content ?? {}
    const success = Object.keys(one.responses).find((code) => code.startsWith('2'))
    const reply = success ? one.responses[success].content?.['application/json']?.schema : undefined
    const body = content['application/json']
      ? type(content['application/json'].schema, 0)
      : content['application/octet-stream']
        ? 'Blob | ArrayBuffer | string'
        : 'undefined'
    const id = one.operationId[0].toUpperCase() + one.operationId.slice(1)
    const keyed = list.some((p) => p.name === 'Idempotency-Key')
    if (body !== 'undefined') out.push(`export type ${id}Body = ${body}`)
    out.push(`export type ${id}Reply = ${reply ? type(reply, 0) : 'undefined'}`)
    out.push(`/** ${one.summary} */`)
    out.push(
      `export const ${one.operationId}: Operation<${parameters(list, 'path')}, ${parameters(list, 'query')}, ` +
        `${body === 'undefined' ? 'undefined' : `${id}Body`}, ${id}Reply> = { method: '${one.method}', ` +
        `path: ${quote(one.path)}${keyed ? ', keyed: true' : ''}${(one.security ?? []).length === 0 ? ', open: true' : ''} }`,
    )
    out.push('')
  }
  return out.join('\n')
}

const [base, flag] = process.argv.slice(2)
if (!base) {
  console.error('usage: node tools/generate_api.mjs URL-OF-A-RUNNING-SERVER [--check]')
  process.exit(2)
}
const text = generate(await (await fetch(`${base.replace(/\/$/, '')}/api/openapi.json`)).json())
if (flag === '--check') {
  const now = readFileSync(target, 'utf8')
  if (now !== text) {
    const [a, b] = [now.split('\n'), text.split('\n')]
    const at = b.findIndex((line, i) => line !== a[i])
    console.error(`web/shared/api/schema.ts is stale from line ${at + 1}:\n- ${a[at] ?? ''}\n+ ${b[at] ?? ''}\nrun: ./dev web api`)
    process.exit(1)
  }
} else {
  writeFileSync(target, text)
}
