/** `espalier logs`: what services have said, and what is left of it when a daemon is killed. */

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { hasKeeper } from '../../src/keeper/program.js'
import { logFolder } from '../../src/logs/folder.js'
import { CLI_FILE, cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { logLines } from '../support/log.js'
import { eventually, isRunning } from '../support/processes.js'

const skip = hasKeeper() ? false : 'no keeper was built'

/** What `logs --json` printed. */
function parsed(out: string): readonly Record<string, unknown>[] {
  return out
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

/** Where a service of the daemon with this runtime directory, which is home too, is logged. */
function folderOf(folder: string, service: string): string {
  return logFolder({ stateDirectory: join(folder, '.local/state/espalier'), runtimeDirectory: folder }, service)
}

t.test('what services said is read by service, child, pid and pattern, without a daemon', { skip }, async t => {
  const folder = privateFolder(t)
  const state = join(folder, 'state')
  const esc = '\\033[31mred\\033[0m'
  const child = `sh -c 'printf "${esc}\\n"; echo oops >&2'`
  const script = `echo one; ${process.execPath} ${CLI_FILE} spawn --name kid --wait -- ${child}; echo two`
  const run = await cli(t, folder, ['run', '--state-dir', state, '--', 'sh', '-c', script])
  t.equal(run.code, 0)
  t.match(run.out, /^sh \| one$/m)
  t.match(run.out, /^sh:kid \| \\x1b\[31mred\\x1b\[0m$/m, 'as run shows it')
  t.match(run.err, /^sh:kid \| oops$/m)
  t.equal(statSync(state).mode & 0o777, 0o700)
  const logs = (...args: readonly string[]) => cli(t, folder, ['logs', '--state-dir', state, ...args])
  const whole = await logs('sh')
  t.equal(whole.code, 0)
  t.match(whole.out, /^\d{4}-\d\d-\d\dT\S+Z sh\[\d+\] \| one$/m)
  t.match(whole.out, /sh:kid\[\d+\] ! oops$/m)
  t.notMatch(whole.out, '\u001b', 'nothing that a terminal obeys')
  const [kid] = parsed((await logs('kid', '--json', '--grep', 'red')).out)
  t.match(kid, { v: 1, kind: 'line', service: 'sh', name: 'kid', stream: 'out', text: '\u001b[31mred\u001b[0m' })
  t.equal(parsed((await logs(String(kid.pid), '--json')).out).length, 2)
  t.match(parsed((await logs('sh:kid', '--json', '-n', '1', '--since', '1h')).out), [{ service: 'sh' }])
  t.match((await logs('--since', '2026-01-01T00:00:00Z')).out, /one[\s\S]*two/)
  t.match(await logs('nobody'), { code: 3, err: /no line of "nobody".*--state-dir/ })
  t.match(await logs('--grep', '['), { code: 2, err: /--grep/ })
})

t.test(
  'a child that writes on while its daemon is killed loses no line, and the next daemon ends it',
  { skip },
  async t => {
    const folder = privateFolder(t)
    const script = 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); [ $i = 500 ] && sleep 1; done; exec sleep 300'
    const first = startCli(t, folder, ['run', '--', 'sh', '-c', script])
    await first.says(/^sh \| 100$/m)
    first.child.kill('SIGKILL')
    await first.ended
    const lines = async () => parsed((await cli(t, folder, ['logs', '--json', '-n', '5000'])).out)
    const files = folderOf(folder, 'sh')
    await eventually('it has written the last line', () => logLines(files).at(-1)?.endsWith(' out 2999') === true)
    t.same(
      (await lines()).map(line => Number(line.text)),
      Array.from({ length: 3000 }, (_, at) => at),
    )
    const pid = Number((await lines())[0].pid)
    t.ok(isRunning(pid))
    const next = startCli(t, folder, ['run', '--show-tree', '--', 'sh', '-c', script])
    await next.says(/taken over from a daemon before/)
    next.child.kill('SIGTERM')
    await next.ended
    await eventually('it has ended', () => !isRunning(pid))
  },
)

t.test('with -f lines are shown as they come, over files that are full', { skip }, async t => {
  const folder = privateFolder(t)
  writeFileSync(
    join(folder, 'espalier.yaml'),
    "services:\n  web:\n    command: [sh, -c, 'i=0; while :; do echo $i; i=$((i+1)); [ $((i % 500)) = 0 ] && sleep 0.2; done']\n" +
      '    logs: { max_size: 128KiB, files: 3 }\n',
  )
  t.equal((await cli(t, folder, ['up'])).code, 0)
  t.teardown(() => cli(t, folder, ['down']))
  const follow = startCli(t, folder, ['logs', '-f', 'web', '--json', '-n', '0'])
  const logs = folderOf(folder, 'web')
  await eventually('three files were full', () => readdirSync(logs).some(name => Number.parseInt(name, 10) > 3))
  t.ok(readdirSync(logs).length <= 3)
  for (const name of readdirSync(logs)) t.ok(statSync(join(logs, name)).size <= 128 * 1024)
  await eventually('it has read some', () => follow.out().length > 100_000)
  follow.child.kill('SIGTERM')
  const { out } = await follow.ended
  const numbers = parsed(out.slice(0, out.lastIndexOf('\n'))).map(line => Number(line.text))
  t.ok(numbers.length > 500)
  t.ok(
    numbers.every((number, at) => at === 0 || number === numbers[at - 1] + 1),
    'none is missing',
  )
  t.match((await cli(t, folder, ['down'])).code, 0)
})

t.test('a flooder stays under the bound of all services', { skip }, async t => {
  const folder = privateFolder(t)
  writeFileSync(
    join(folder, 'espalier.yaml'),
    'logs: { max_size: 256KiB, total: 1MiB }\n' +
      'services:\n  flood: { command: [sh, -c, "yes | head -c 30000000"] }\n  quiet: { command: [echo, hello] }\n',
  )
  t.equal((await cli(t, folder, ['run'])).code, 0)
  const top = join(folder, '.local/state/espalier/logs')
  const files = readdirSync(top).flatMap(one => readdirSync(join(top, one)).map(name => join(top, one, name)))
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  t.ok(bytes <= 1024 ** 2 + 2 * 64 * 1024, `${bytes} bytes`)
  t.ok(readFileSync(files[0]).length > 0)
})
