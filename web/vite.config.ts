// One build of three entries. The pages are served by the program itself (src/app/web_files.hpp), which knows the same
// prefixes as `pages` below; `npm run dev` serves them with the API of a running server behind.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const entries = ['shop', 'host', 'brand'].filter((name) => existsSync(at(`./${name}/index.html`)))
const backend = process.env.LIANBO_URL ?? 'http://127.0.0.1:8480'

// In development a deep link is answered with the page of its entry, as the program does.
const pages: Plugin = {
  name: 'lianbo-pages',
  configureServer(server) {
    server.middlewares.use((request, _response, next) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/'
      const isPage = request.headers.accept?.includes('text/html') && !/^\/(api|s)\//.test(path) && !path.includes('.')
      if (isPage) {
        const entry = /^\/(host|brand)(\/|$)/.exec(path)?.[1] ?? 'shop'
        request.url = `/${entry}/index.html`
      }
      next()
    })
  },
}

// Operations are put where they are called instead of imported: the file of them all would come with every first visit,
// two hundred of them for the thirty that a buyer's pages call.
const schemaText = readFileSync(at('./shared/api/schema.ts'), 'utf8')
const operations = new Map([...schemaText.matchAll(/^export const (\w+): .* = (\{ method: .*\})$/gm)].map((m) => [m[1], m[2]]))
const inlineOperations: Plugin = {
  name: 'lianbo-operations',
  apply: 'build',
  transform(code, id) {
    if (!/\/web\/(shared|shop|host|brand)\//.test(id)) return undefined
    const found = code.replace(/^import \{([^}]*)\} from ['"](?:@shared\/api|\.\.?(?:\/api)?)\/schema['"];?$/gm, (whole, names: string) => {
      const each = names.split(',').map((one) => one.trim()).filter(Boolean)
      if (!each.every((one) => operations.has(one))) return whole
      return each.map((one) => `const ${one} = ${operations.get(one)};`).join(' ')
    })
    return found === code ? undefined : { code: found, map: null }
  },
}

// Styles before scripts: what the server put into a page (first_page.hpp) is drawn while the scripts are still coming.
const stylesFirst: Plugin = {
  name: 'lianbo-styles-first',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler(html) {
      const styles = html.match(/ *<link rel="stylesheet"[^>]*>\n/g) ?? []
      const rest = styles.reduce((text, one) => text.replace(one, ''), html)
      return rest.replace(/ *<script type="module"/, (script) => styles.join('') + script)
    },
  },
}

// Of these files most functions are called before a first page stands. Compiled one by one when they are first called they
// cost a weak phone a tenth of a second; so marked they are compiled beside, while the file is still coming
// (https://github.com/v8/v8/wiki, explicit compile hints). Browsers that don't know the mark see a comment.
const compiledAhead: Plugin = {
  name: 'lianbo-compiled-ahead',
  apply: 'build',
  enforce: 'post',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === 'chunk' && ['shared', 'phone', 'shop'].includes(file.name)) file.code = `//# allFunctionsCalledOnLoad\n${file.code}`
  },
}

export default defineConfig({
  root: at('.'),
  plugins: [vue(), pages, inlineOperations, stylesFirst, compiledAhead],
  resolve: { alias: { '@shared': at('./shared') } },
  appType: 'mpa',
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    target: 'es2020',
    cssTarget: 'chrome87',
    sourcemap: false,
    // Nothing is inlined: the content security policy knows only files of our own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      input: Object.fromEntries(entries.map((name) => [name, at(`./${name}/index.html`)])),
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
        manualChunks(id) {
          // A first visit should not wait for thirty answers: what every page needs comes in few files.
          if (/node_modules\/(@vue|vue|vue-router)\/|vite\/preload-helper/.test(id)) return 'shared'
          if (/\/web\/shared\/(api|format|i18n|room|theme|ui|[a-z_]+\.ts)/.test(id)) return 'shared'
          // Of the phone pages' widgets only these: Vant's toast comes when the first page stands.
          if (/\/web\/shared\/phone\/(?!ShareSheet|toast)/.test(id)) return 'phone'
          return undefined
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      '/api': { target: backend, ws: true, changeOrigin: true },
      '/s/': { target: backend, changeOrigin: true },
    },
  },
  define: { __VUE_OPTIONS_API__: true, __VUE_PROD_DEVTOOLS__: false },
  test: {
    environment: 'happy-dom',
    include: ['shared/**/*.test.ts', 'shop/**/*.test.ts', 'host/**/*.test.ts', 'brand/**/*.test.ts', 'tests/**/*.test.ts'],
  },
} as Parameters<typeof defineConfig>[0])
