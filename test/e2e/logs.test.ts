/** `espalier logs`: what services have said, and what is left of it when a daemon is killed. */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { logFolder } from '../../src/logs/folder.js'
import { CLI_FILE, cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { logLines } from '../support/log.js'
import { eventually, isRunning } from '../support/processes.js'

const skip = launcherName() === 'portable' ? 'portable mode has no log files' : false

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
  await eventually('three files were full', () => filesIn(logs).some(name => Number.parseInt(name, 10) > 3))
  t.ok(filesIn(logs).length <= 3)
  for (const name of filesIn(logs)) t.ok(sizeOf(join(logs, name)) <= 128 * 1024)
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

t.test('lines that the disk did not take are told by status, doctor and the metrics', { skip }, async t => {
  const folder = privateFolder(t)
  const script = 'head -c 4000000 /dev/zero | tr "\\\\0" "\\\\n"; exec sleep 300'
  const metrics = join(folder, 'm.sock')
  writeFileSync(
    join(folder, 'espalier.yaml'),
    `metrics: { listen: 'unix:${metrics}' }\nservices:\n  web: { command: [sh, -c, '${script}'] }\n  calm: { command: sleep 300 }\n`,
  )
  mkdirSync(join(folder, 'state'), { mode: 0o700 })
  // Where the folder of all logs would be there is a file: nothing can be written, as root neither.
  writeFileSync(join(folder, 'state', 'logs'), '')
  t.equal((await cli(t, folder, ['up', '--state-dir', 'state'])).code, 0)
  t.teardown(() => cli(t, folder, ['down']))
  const status = async () => (await cli(t, folder, ['status'])).out
  await eventually('the oldest lines have gone', async () =>
    /^web {2}! \d+ lines of output lost: /m.test(await status()),
  )
  t.notMatch(await status(), /^calm {2}!/m)
  const doctor = await cli(t, folder, ['doctor'])
  t.equal(doctor.code, 0, 'that is no disagreement')
  t.match(doctor.out, /^missing {2}web: \d+ lines of output lost: the disk did not take them$/m)
  const body = await new Promise<string>((settle, fail) => {
    const asked = request({ socketPath: metrics, path: '/metrics' }, response => {
      response.setEncoding('utf8').once('error', fail)
      let text = ''
      response.on('data', (part: string) => {
        text += part
      })
      response.once('end', () => settle(text))
    })
    asked.once('error', fail).end()
  })
  t.match(body, /^espalier_log_lines_lost{service="web"} [1-9]\d*$/m)
  t.match(body, /^espalier_log_lines_lost{service="calm"} 0$/m)
})

t.test('a reload passes new bounds on to the keeper that runs', { skip }, async t => {
  const folder = privateFolder(t)
  const config = (bounds: string) =>
    writeFileSync(
      join(folder, 'espalier.yaml'),
      `services:\n  web:\n    command: [sh, -c, 'while :; do printf %01000d 0; echo; done']\n    nice: 19\n    logs: ${bounds}\n`,
    )
  config('{ max_size: 256KiB, files: 4 }')
  t.equal((await cli(t, folder, ['up'])).code, 0)
  t.teardown(() => cli(t, folder, ['down']))
  const logs = folderOf(folder, 'web')
  await eventually('four files are there', () => filesIn(logs).length === 4)
  config('{ max_size: 128KiB, files: 2 }')
  t.match(await cli(t, folder, ['reload', '--dry-run']), { code: 0, out: /^web: logs: would count from now on$/m })
  t.match(await cli(t, folder, ['reload']), { code: 0, out: /^web: logs: counts from now on$/m })
  await eventually('two are left, and each is smaller', () => {
    const sizes = filesIn(logs).map(name => sizeOf(join(logs, name)))
    return sizes.length <= 2 && sizes.every(size => size <= 128 * 1024)
  })
})

/** None before the keeper has written the first line. */
function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** 0 for a file that went meanwhile. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
