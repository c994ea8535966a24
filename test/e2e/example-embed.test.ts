/** The backend that asks before each fork, run as it is. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { firstLine, readAll } from '../launcher/processes.js'
import { PROJECT_ROOT } from '../support/root.js'

t.test('the embed example runs four jobs at a time, the others wait, and one too many is told 503', async t => {
  const file = join(PROJECT_ROOT, 'examples', 'embed', 'server.mjs')
  const env = { PATH: process.env.PATH, ESPALIER_LAUNCHER: 'portable' }
  const server = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => server.kill('SIGKILL'))
  const port = /listening at (\d+)/.exec(await firstLine(server.stdout))?.[1]
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return { status: response.status, text: await response.text() }
  }
  const waited = await Promise.all(Array.from({ length: 8 }, () => ask('/?seconds=0.1&wait=60')))
  for (const one of waited) t.match(one, { status: 200, text: /^done by \d+\n$/ })
  const late = await Promise.all(Array.from({ length: 5 }, () => ask('/?seconds=6&wait=0.1')))
  t.equal(late.filter(({ status }) => status === 503).length, 1)
  t.match(late.find(({ status }) => status === 503)?.text, /^child_limit: /)
  t.match((await ask('/metrics')).text, /^espalier_spawns_total\{service="jobs"\} 12$/m)
  const rest = readAll(server.stdout)
  server.kill('SIGTERM')
  t.match(await once(server, 'exit'), [0, null])
  t.match(await rest, /closed, nothing is left/)
})

t.test('what the README shows of it is what it does', async t => {
  const read = (...path: string[]) => readFileSync(join(PROJECT_ROOT, ...path), 'utf8').replace(/^ +/gm, '')
  const shown = /```js\n(const job = [\s\S]*?)```/.exec(read('README.md'))?.[1] ?? 'nothing'
  t.ok(read('examples', 'embed', 'server.mjs').includes(shown), shown)
})
