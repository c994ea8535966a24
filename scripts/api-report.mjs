/**
 * What the package promises, as one text: the declarations of each entry of `exports`, with all that they reach.
 * `node scripts/api-report.mjs` writes `test/api/public.api.md` from the built files; with `--print` it only says it.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FILE = join(ROOT, 'test', 'api', 'public.api.md')

const text = report()
if (process.argv.includes('--print')) process.stdout.write(text)
else {
  mkdirSync(dirname(FILE), { recursive: true })
  writeFileSync(FILE, text)
  console.log(`wrote ${relative(ROOT, FILE)}`)
}

function report() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const entries = Object.entries(exports).filter(([, target]) => typeof target === 'object')
  const parts = ['# What the package exports\n\nWritten by `npm run api-report`; a change here is a change of what is promised.\n']
  const reached = new Set()
  for (const [name, { types }] of entries) {
    const file = join(ROOT, types)
    parts.push(`## \`${join('espalier', name)}\`\n\n\`\`\`ts\n${bare(readFileSync(file, 'utf8'))}\n\`\`\`\n`)
    reach(file, reached)
    reached.delete(file)
  }
  for (const file of [...reached].toSorted()) {
    if (entries.some(([, { types }]) => join(ROOT, types) === file)) continue
    const name = relative(join(ROOT, 'dist'), file).replaceAll('\\', '/')
    parts.push(`## ${name}\n\n\`\`\`ts\n${bare(readFileSync(file, 'utf8'))}\n\`\`\`\n`)
  }
  return parts.join('\n')
}

/** Every declaration file that `file` leads to, itself included. */
function reach(file, reached) {
  if (reached.has(file)) return
  reached.add(file)
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g)) {
    const target = resolve(dirname(file), `${specifier}.d.ts`)
    if (!existsSync(target)) throw new Error(`${file} names ${specifier}, whose declarations are not there; build first`)
    reach(target, reached)
  }
}

/** Without comments: what they say may change without a promise changing. */
function bare(source) {
  return source
    .replace(/\/\*[^]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .split('\n')
    .filter(line => line.trim() !== '')
    .join('\n')
}
