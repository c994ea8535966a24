/**
 * The JSON Schemas: of a config, for editors, and of what each command prints with `--json`. `node scripts/schema.mjs` writes
 * them to `schema/` from the built files; with `--print` it only says them, as one object by file name.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { JSON_VERSION } from '../dist/src/cli/json.js'
import { configSchema } from '../dist/src/config/json-schema.js'
import { outputSchemas } from '../dist/src/schema/outputs.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, 'schema')

const outputs = Object.entries(outputSchemas(JSON_VERSION)).map(([command, schema]) => [
  `output/${command.replace(' ', '-')}.schema.json`,
  schema,
])
const files = Object.fromEntries(
  [['espalier.schema.json', configSchema()], ...outputs].map(([name, schema]) => [
    name,
    `${JSON.stringify(schema, null, 2)}\n`,
  ]),
)
if (process.argv.includes('--print')) process.stdout.write(JSON.stringify(files))
else {
  rmSync(FOLDER, { recursive: true, force: true })
  for (const [name, text] of Object.entries(files)) {
    const file = join(FOLDER, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(`wrote ${relative(ROOT, file)}`)
  }
}
