/** A daemon in the background: up, status, reload, kill -9, up again, down. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { cli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'

const skip = launcherName() === 'portable' ? 'portable mode keeps nothing' : false

const CONFIG = 'services:\n  web:\n    command: sleep 300\n'

interface Status {
  readonly daemonPid: number | null
  readonly services: readonly {
    readonly name: string
    readonly roots: readonly number[]
    readonly limits: { readonly children: number }
  }[]
  readonly keepers: readonly { readonly service: string; readonly pid: number; readonly hasDaemon: boolean }[]
}

/** A folder with a config, whose daemon and keepers are ended with the test. */
function place(t: Test): { readonly folder: string; readonly write: (text: string) => void } {
  const folder = privateFolder(t)
  const write = (text: string) => writeFileSync(join(folder, 'espalier.yaml'), text)
  write(CONFIG)
  t.teardown(async () => {
    await cli(t, folder, ['down', '--all'])
    const { keepers, daemonPid } = await statusOf(t, folder)
    if (keepers.length > 0 || daemonPid !== null) throw new Error(`${daemonPid} and ${keepers.length} keepers are left`)
  })
  return { folder, write }
}

async function statusOf(t: Test, folder: string): Promise<Status> {
  return JSON.parse((await cli(t, folder, ['status', '--json'])).out)
}

t.test('up says what is up, status shows it, a second up says who runs, down ends it all', { skip }, async t => {
  const { folder } = place(t)
  t.match(await cli(t, folder, ['status']), { code: 6, out: 'no daemon\n' })
  t.match(await cli(t, folder, ['down']), { code: 6, err: /no daemon runs here/ })
  const up = await cli(t, folder, ['up'])
  t.match(up, { code: 0, out: /^daemon \d+\nup web\n$/ })
  const { daemonPid, services, keepers } = await statusOf(t, folder)
  t.match(up.out, `daemon ${daemonPid}`)
  t.match(services, [{ name: 'web', state: 'running', processes: 1, liveDescendants: 0 }])
  t.match(keepers, [{ service: 'web', hasDaemon: true }])
  t.match(await cli(t, folder, ['up']), { code: 1, err: new RegExp(`pid ${daemonPid}`) })
  t.match(await cli(t, folder, ['down']), { code: 0, out: 'stopped web\n' })
  t.notOk(isRunning(services[0].roots[0]))
  t.notOk(isRunning(daemonPid ?? 0))
})

t.test(
  'up that cannot bring a service up says why, with the code of the reason, and leaves nothing',
  { skip },
  async t => {
    const { folder, write } = place(t)
    write(`${CONFIG}  bad:\n    command: no-such-program\n`)
    t.match(await cli(t, folder, ['up']), { code: 1, err: /no-such-program/ })
    write('services: 3\n')
    t.match(await cli(t, folder, ['up']), { code: 7, err: /espalier\.yaml:1/ })
    t.match(await statusOf(t, folder), { daemonPid: null, keepers: [] })
  },
)

t.test('after kill -9 keepers are shown without a daemon; up takes over, down --all ends them', { skip }, async t => {
  const { folder } = place(t)
  await cli(t, folder, ['up'])
  const before = await statusOf(t, folder)
  const kill = async (pid: number | null) => {
    process.kill(pid ?? 0, 'SIGKILL')
    await eventually('the daemon is gone', () => !isRunning(pid ?? 0))
  }
  await kill(before.daemonPid)
  t.match(await cli(t, folder, ['status']), { code: 6, out: /keeper of web {2}pid \d+ {2}without a daemon/ })
  t.match(await cli(t, folder, ['down']), { code: 6, err: /without a daemon: web\. "espalier down --all"/ })
  t.equal((await cli(t, folder, ['up'])).code, 0)
  const after = await statusOf(t, folder)
  t.same(after.services[0].roots, before.services[0].roots, 'the same root, and no second one')
  t.equal(after.keepers[0].pid, before.keepers[0].pid)
  await kill(after.daemonPid)
  t.match(await cli(t, folder, ['down', '--all']), { code: 0, out: /stopped web/ })
  t.notOk(isRunning(before.services[0].roots[0]))
})

t.test(
  'SIGHUP replaces limits and starts new services, ends nothing, and changes nothing for a bad file',
  { skip },
  async t => {
    const { folder, write } = place(t)
    await cli(t, folder, ['up'])
    const { daemonPid, services } = await statusOf(t, folder)
    const reload = async (text: string, says: RegExp) => {
      write(text)
      process.kill(daemonPid ?? 0, 'SIGHUP')
      await eventually(String(says), () => says.test(readLog(folder)))
    }
    await reload('services: [\n', /reload: nothing was changed: .*espalier\.yaml/)
    await reload(
      'services:\n  web:\n    command: sleep 300\n    spawn: { limits: { children: 7 } }\n  late:\n    command: sleep 300\n    rlimits: { nofile: 60:90 }\n',
      /reload: web: children 100 -> 7\n.*reload: late: started/,
    )
    const after = await statusOf(t, folder)
    t.same(after.services.map(({ name }) => name).sort(), ['late', 'web'])
    const web = after.services.find(({ name }) => name === 'web')
    t.match(web, { roots: services[0].roots, limits: { children: 7 } })
    const late = after.services.find(({ name }) => name === 'late')
    t.match(readFileSync(`/proc/${late?.roots[0]}/limits`, 'utf8'), /Max open files +60 +90 /, 'it has its rights')
    await reload('services:\n  late:\n    command: sleep 301\n', /web: no longer in the file/)
    t.match(readLog(folder), /late: command, rlimits: from its next start/)
    t.ok(isRunning(services[0].roots[0]), 'it runs on')
  },
)

function readLog(folder: string): string {
  try {
    return readFileSync(join(folder, 'daemon.log'), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
