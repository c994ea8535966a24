import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'

t.test('run ends as its command did, its output prefixed, and sums up', async t => {
  const folder = privateFolder(t)
  const script = 'echo out; echo err >&2; exit 3'
  const { code, out, err } = await cli(t, folder, ['run', '--', 'sh', '-c', script])
  t.equal(code, 3)
  t.match(out, /^sh \| out$/m)
  t.match(err, /^sh \| err$/m)
  t.match(
    out,
    /summary\n {2}spawned +0\n {2}refused +0\n {2}peak processes +1\n {2}peak memory .*\n {2}survivors +0\n$/,
  )
  t.equal((await cli(t, folder, ['run', '--', 'sh', '-c', 'kill -9 $$'])).code, 137)
  t.equal((await cli(t, folder, ['run', '--', 'true'])).code, 0)
})

t.test('what cannot run says so with the right code', async t => {
  const folder = privateFolder(t)
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['run', '--', 'no-such-command'], 1, /no-such-command/],
    [['run', '-c', 'none.yaml'], 7, /none\.yaml/],
    [['run'], 7, /espalier\.yaml/],
    [['run', '-c', 'x', '--', 'true'], 2, /not both/],
    [['run', '--memory', '1.5X', '--', 'true'], 2, /1\.5X/],
    [['run', '--depth', 'deep', '--', 'true'], 2, /deep/],
    [['run', '--depth', '65', '--', 'true'], 2, /64/],
    [['run', '--nonsense'], 2, /nonsense/],
    [['dance'], 2, /dance/],
    [['tree'], 6, /espalier run/],
    [['stop'], 6, /espalier run/],
    [['spawn', '--name', 'x', '--', 'true'], 2, /ESPALIER_SOCKET/],
    [['spawn', '--', 'true'], 2, /--name/],
  ]
  for (const [args, code, words] of cases) {
    const outcome = await cli(t, folder, args)
    t.equal(outcome.code, code, args.join(' '))
    t.match(outcome.err, words)
  }
  const long = join(folder, 'd'.repeat(100))
  const outcome = await cli(t, folder, ['tree', '--runtime-dir', long])
  t.equal(outcome.code, 2)
  t.match(outcome.err, /ddd.*107/)
})

t.test('Ctrl-C ends everything with grace; a second daemon is told who runs; tree and stop work', async t => {
  const folder = privateFolder(t)
  const run = startCli(t, folder, ['run', '--', 'sh', '-c', 'echo pid=$$; exec sleep 60'])
  const pid = Number((await run.says(/pid=(\d+)/))[1])
  const second = await cli(t, folder, ['run', '--', 'true'])
  t.equal(second.code, 1)
  t.match(second.err, new RegExp(`pid ${run.pid}`))
  const tree = await cli(t, folder, ['tree', '--json'])
  t.match(JSON.parse(tree.out), { daemonPid: run.pid, services: [{ name: 'sh', tree: [{ pid, name: 'sh' }] }] })
  t.match(
    (await cli(t, folder, ['tree'])).out,
    /^sh {2}running {2}descendants 0\/500 .*\n.*NAME.*\n {2}sh +\d+ +running/,
  )
  t.match(await cli(t, folder, ['stop', 'nosuch']), { code: 3, err: /nosuch/ })
  run.child.kill('SIGINT')
  t.match(await run.ended, { code: 143, out: /survivors +0/ })
  t.notOk(isRunning(pid))
  t.equal((await cli(t, folder, ['tree'])).code, 6)
})

t.test('stop ends what runs, and the run with it', async t => {
  const folder = privateFolder(t)
  const run = startCli(t, folder, ['run', '--', 'sh', '-c', 'echo ready; exec sleep 60'])
  await run.says(/ready/)
  t.match(await cli(t, folder, ['stop']), { code: 0, out: 'stopped sh\n' })
  t.match(await run.ended, { code: 143 })
})

t.test('one that ignores TERM is killed by a second Ctrl-C later than 300 ms', async t => {
  const folder = privateFolder(t)
  const script = 'trap "" TERM; echo pid=$$; while :; do sleep 0.05; done'
  const run = startCli(t, folder, ['run', '--', 'sh', '-c', script])
  const pid = Number((await run.says(/pid=(\d+)/))[1])
  run.child.kill('SIGINT')
  run.child.kill('SIGINT')
  await eventually('the order is seen', async () => /ending/.test((await cli(t, folder, ['tree'])).out))
  t.ok(isRunning(pid), 'the same press twice is one')
  // The rest of the 300 ms is the condition itself, not a synchronisation.
  await new Promise(resolve => setTimeout(resolve, 350))
  run.child.kill('SIGINT')
  t.match(await run.ended, { code: 137, out: /survivors +0/ })
  t.notOk(isRunning(pid))
})

t.test('a hang-up and a TERM end everything too, and forks that nobody declared', async t => {
  for (const signal of ['SIGHUP', 'SIGTERM'] as const) {
    const folder = privateFolder(t)
    const run = startCli(t, folder, ['run', '--', 'sh', '-c', 'sleep 60 & echo fork=$!; wait'])
    const fork = Number((await run.says(/fork=(\d+)/))[1])
    run.child.kill(signal)
    t.match(await run.ended, { out: /survivors +0/ })
    await eventually('the fork is gone', () => !isRunning(fork))
  }
})

t.test('a reader that goes away does not end the run', async t => {
  const folder = privateFolder(t)
  const run = startCli(t, folder, [
    'run',
    '--',
    'sh',
    '-c',
    'for i in 1 2 3 4 5 6; do echo $i; sleep 0.05; done; exit 9',
  ])
  await run.says(/sh \| 1/)
  run.child.stdout?.destroy()
  t.equal((await run.ended).code, 9)
})

t.test('a watch ends when nobody reads it any more', async t => {
  const folder = privateFolder(t)
  const run = startCli(t, folder, ['run', '--', 'sh', '-c', 'echo ready; exec sleep 60'])
  await run.says(/ready/)
  const watch = startCli(t, folder, ['tree', '--watch', '--json'])
  await watch.says(/daemonPid/)
  watch.child.stdout?.destroy()
  t.match(await watch.ended, { code: 0 })
  run.child.kill('SIGTERM')
  await run.ended
})

t.test('a run with a time limit ends with 5, a command with a time to live as it dies', async t => {
  const folder = privateFolder(t)
  t.equal((await cli(t, folder, ['run', '--timeout', '100ms', '--', 'sleep', '60'])).code, 5)
  t.equal((await cli(t, folder, ['run', '--ttl', '100ms', '--', 'sleep', '60'])).code, 143)
})

t.test('bad frames on the sockets are answered, and disturb nobody', async t => {
  const folder = privateFolder(t)
  const run = startCli(t, folder, ['run', '--', 'sh', '-c', 'echo ready; exec sleep 60'])
  await run.says(/ready/)
  const answers: string[] = []
  const spawnSocket = launcherName() === 'keeper' ? 'keeper-sh/spawn.sock' : 'spawn.sock'
  for (const socket of ['control.sock', spawnSocket]) {
    for (const bytes of [
      'garbage\n',
      '[]\n',
      `${'['.repeat(100)}\n`,
      '{"v":1,"kind":"dance"}\n',
      '{"v":1,"kind":"spawn"}\n',
    ]) {
      const line = connect({ path: join(folder, socket) })
      line.end(bytes)
      let text = ''
      for await (const chunk of line) text += String(chunk)
      answers.push(text)
    }
  }
  for (const answer of answers) t.match(JSON.parse(answer), { v: 1, kind: 'failed', message: String })
  t.equal((await cli(t, folder, ['tree'])).code, 0)
})

t.test('stolen output bytes of a child cannot reach the terminal', async t => {
  const folder = privateFolder(t)
  const { out } = await cli(t, folder, ['run', '--', 'sh', '-c', "printf 'a\\033[2Jb\\007\\n'"])
  t.match(out, 'sh | a\\x1b[2Jb\\x07\n')
})
