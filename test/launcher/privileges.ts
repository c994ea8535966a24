/** What a process may do and use, where a launcher can say so. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Launcher, LaunchRequest } from '../../src/launch.js'
import { privateFolder } from '../support/folder.js'
import { readAll, TEST_ENV } from './processes.js'

type Check = (behaviour: string, body: (t: Test, launcher: Launcher) => Promise<void>) => void

/** RLIMIT_NOFILE and RLIMIT_CORE of Linux. */
const FILES = 7
const CORE = 4

export function checkPrivileges(check: Check): void {
  check(
    'a process gets no new privileges unless it is to, a session of its own, and no descriptor of ours',
    async (t, launcher) => {
      const script =
        'grep NoNewPrivs /proc/self/status; ls /proc/$$/fd; [ "$(cut -d" " -f6 /proc/$$/stat)" = $$ ] && echo leads'
      const out = async (over: Partial<LaunchRequest>) => readAll((await launcher.launch(shell(script, over))).stdout)
      t.match(await out({}), /^NoNewPrivs:\s+1\n0\n1\n2\nleads\n$/)
      t.match(await out({ privileges: { noNewPrivileges: false } }), /^NoNewPrivs:\s+0\n/)
    },
  )

  check('nice and resource limits are those asked for, the number of files else ours', async (t, launcher) => {
    const limits = [
      { resource: FILES, soft: 64, hard: 64 },
      { resource: CORE, soft: 0, hard: Number.POSITIVE_INFINITY },
    ]
    const script = 'nice; ulimit -n; ulimit -Hc'
    const child = await launcher.launch(shell(script, { privileges: { nice: 7, limits: limits.slice(0, 1) } }))
    t.match(await readAll(child.stdout), /^7\n64\n/)
    const plain = await launcher.launch(shell('ulimit -n'))
    const ours = /Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    t.equal(await readAll(plain.stdout), `${ours}\n`)
  })

  check('what may not be had is launch_failed with its step', async (t, launcher) => {
    const limits = [{ resource: 999, soft: 1, hard: 1 }]
    await t.rejects(launcher.launch(shell('', { privileges: { limits } })), { message: /EINVAL \(limits\)/ })
    const stdout = { path: '/no/such/dir/log' }
    await t.rejects(launcher.launch(shell('', { stdout })), { message: /ENOENT \(file\).*path/ })
    t.same(launcher.living(), [])
  })

  check('output goes to files or nowhere when it is to', async (t, launcher) => {
    const path = join(privateFolder(t), 'log')
    for (const word of ['one', 'two']) {
      const child = await launcher.launch(shell(`echo ${word}; echo lost >&2`, { stdout: { path }, stderr: 'null' }))
      t.equal(await readAll(child.stdout), '')
      t.equal(await readAll(child.stderr), '')
      await child.exited
    }
    t.equal(readFileSync(path, 'utf8'), 'one\ntwo\n')
  })

  check('root starts processes as another user with the groups it says; nobody else may', async (t, launcher) => {
    const user = { uid: 65_534, gid: 65_533, groups: [65_531, 65_532] }
    const asked = launcher.launch(shell('id -u; id -g; id -G; cat /dev/stdin', { privileges: { user } }))
    if (process.getuid?.() !== 0) {
      await t.rejects(asked, { code: 'launch_failed', message: /EPERM \(user\).*root/ })
      return
    }
    const child = await asked
    t.equal(await readAll(child.stdout), '65534\n65533\n65533 65531 65532\n')
    t.match(await child.exited, { exitCode: 0 })
    const again = await launcher.launch(shell('echo > /dev/stderr; echo ok > /dev/stdout', { privileges: { user } }))
    t.equal(await readAll(again.stdout), 'ok\n', 'its output can be opened by it again')
  })

  check('a script without an interpreter is given to sh, and arguments of a megabyte arrive', async (t, launcher) => {
    const script = join(privateFolder(t), 'script')
    writeFileSync(script, 'echo "plain $1"\n', { mode: 0o755 })
    const plain = await launcher.launch(shell('', { command: script, args: ['one'] }))
    t.equal(await readAll(plain.stdout), 'plain one\n')
    const args = Array.from({ length: 12 }, (_, at) => String(at % 10).repeat(100_000))
    const child = await launcher.launch(shell('', { args: ['-c', 'echo $# $(echo "$*" | wc -c)', 'sh', ...args] }))
    t.equal(await readAll(child.stdout), '12 1200012\n')
  })
}

function shell(script: string, over: Partial<LaunchRequest> = {}): LaunchRequest {
  return { service: 'svc', command: 'sh', args: ['-c', script], env: TEST_ENV, stdin: 'ignore', ...over }
}
