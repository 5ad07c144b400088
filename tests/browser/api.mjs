// Writes the types of the API from a server of the program's own, or with --check compares them.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from './world.mjs'

const folder = mkdtempSync(join(tmpdir(), 'lianbo-api-'))
const server = await startServer(`sqlite:${join(folder, 'lianbo.db')}`)
try {
  execFileSync(process.execPath, [new URL('../../web/tools/generate_api.mjs', import.meta.url).pathname, server.url, ...process.argv.slice(2)], { stdio: 'inherit' })
} catch {
  process.exitCode = 1
} finally {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}
