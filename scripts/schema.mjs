/**
 * The JSON Schema of a config, for editors: `node scripts/schema.mjs` writes `schema/espalier.schema.json` from the built
 * files; with `--print` it only says it.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configSchema } from '../dist/src/config/json-schema.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FILE = join(ROOT, 'schema', 'espalier.schema.json')

const text = `${JSON.stringify(configSchema(), null, 2)}\n`
if (process.argv.includes('--print')) process.stdout.write(text)
else {
  mkdirSync(dirname(FILE), { recursive: true })
  writeFileSync(FILE, text)
  console.log(`wrote ${relative(ROOT, FILE)}`)
}
