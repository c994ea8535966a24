/** What processes of a service can do with `espalier spawn`. */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { CLI_FILE, cli, type Outcome, type Running, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'

/** A forged token counts for nothing where the kernel says who asks, and is refused where tokens say it. */
const KERNEL = launcherName() === 'keeper'

const SPAWN = `"${process.execPath}" "${CLI_FILE}" spawn`

function runScript(t: Test, script: string, limits: readonly string[] = []): Running {
  const folder = privateFolder(t)
  const file = join(folder, 'service.sh')
  writeFileSync(file, script)
  return startCli(t, folder, ['run', '--show-tree', ...limits, '--', 'sh', file])
}

function runConfig(t: Test, limits: readonly string[], script: string): Running {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'service.sh'), script)
  const lines = limits.map(limit => `        ${limit}\n`).join('')
  const head = 'services:\n  svc:\n    command: sh service.sh\n    spawn:\n      mode: dynamic\n      limits:\n'
  writeFileSync(join(folder, 'my.yaml'), `${head}${lines}`)
  return startCli(t, folder, ['run', '--show-tree', '-c', 'my.yaml'])
}

/** Both streams: a child's complaints come on stderr. */
const all = ({ out, err }: Outcome) => `${out}${err}`

t.test('spawn prints the pid; with --wait it ends as the child did', async t => {
  const outcome = await runScript(
    t,
    `
${SPAWN} --name plain -- sleep 0.2; echo "plain=$?"
${SPAWN} --name seven --wait -- sh -c 'echo "depth=$SPAWN_DEPTH parent=$SPAWN_PARENT_PID"; exit 7'; echo "seven=$?"
${SPAWN} --name killed --wait -- sh -c 'kill -9 $$'; echo "killed=$?"
${SPAWN} --name none -- no-such-command; echo "none=$?"
${SPAWN} --name 'a b' -- true; echo "badname=$?"
${SPAWN} --name up --parent-pid $SPAWN_PARENT_PID -- true; echo "badparent=$?"
ESPALIER_TOKEN=$(printf '%064d' 0) ${SPAWN} --name forged -- true; echo "forged=$?"
echo "me=$$"
`,
  ).ended
  const text = all(outcome)
  for (const line of [
    'plain=0',
    'seven=7',
    'killed=137',
    'none=1',
    'badname=1',
    'badparent=1',
    `forged=${KERNEL ? 0 : 1}`,
  ]) {
    t.match(text, new RegExp(`^sh \\| ${line}$`, 'm'))
  }
  const me = /^sh \| me=(\d+)$/m.exec(text)?.[1]
  t.match(text, new RegExp(`^sh:seven \\| depth=1 parent=${me}$`, 'm'))
  t.match(outcome.out, KERNEL ? /spawned +4\n/ : /spawned +3\n/)
  t.equal(outcome.code, 0)
})

t.test('a refusal ends with 4 and says which limit, the figures, when to retry and what would help', async t => {
  const text = all(
    await runScript(
      t,
      `
${SPAWN} --name one -- sleep 60
${SPAWN} --name two -- sleep 60; echo "two=$?"
`,
      ['--children', '1'],
    ).ended,
  )
  t.match(text, /two=4/)
  t.match(text, /refused \(child_limit\): Spawn limit exceeded: Maximum direct children reached/)
  t.match(text, /limit +children 1, now 1/)
  t.match(text, /retry +when a child of this parent has ended/)
  t.match(text, /help +.*raise children/)
  t.match(text, /refused +1 \(child_limit 1\)/)
})

t.test('no depth is passed, however often it is tried', async t => {
  const folder = privateFolder(t)
  const file = join(folder, 'deeper.sh')
  writeFileSync(
    file,
    `echo "at=$SPAWN_DEPTH"; ${SPAWN} --name deeper --wait -- sh ${file}; echo "from $SPAWN_DEPTH: $?"\n`,
  )
  const outcome = await startCli(t, folder, ['run', '--depth', '3', '--', 'sh', file]).ended
  t.match(outcome.out, /at=2/)
  t.notMatch(outcome.out, /at=3/)
  t.match(outcome.out, /from 2: 4/)
  t.match(outcome.out, /spawned +2\n {2}refused +1 \(depth_limit 1\)\n {2}peak processes +3/)
})

t.test('a time to live ends a child with everything below it', async t => {
  const run = runScript(
    t,
    `
${SPAWN} --name mortal --ttl 1s -- sh -c '${SPAWN} --name below -- sleep 60; exec sleep 60'
sleep 0.5
exec sleep 60
`,
  )
  const below = Number((await run.says(/\+ sh:below \(pid (\d+)\)/))[1])
  await run.says(/~ ending \(ttl\)/)
  await run.says(/- sh:mortal .* died of SIGTERM \(ttl\)/)
  await eventually('below is gone', () => !isRunning(below))
  run.child.kill('SIGINT')
  t.match(await run.ended, { out: /survivors +0/ })
})

const POLICY_SCRIPT = `
${SPAWN} --name parent -- sh -c '${SPAWN} --name kid -- sleep 60; exec sleep 60'
exec sleep 60
`

for (const [policy, survives] of [
  ['cascade', false],
  ['orphan', true],
  ['reparent', true],
] as const) {
  t.test(`what hangs below a process that dies meets the policy ${policy}`, async t => {
    const run = runConfig(t, [`termination_policy: ${policy}`, 'grace: 1s'], POLICY_SCRIPT)
    const parent = Number((await run.says(/\+ svc:parent \(pid (\d+)\)/))[1])
    const kid = Number((await run.says(/\+ svc:kid \(pid (\d+)\)/))[1])
    process.kill(parent, 'SIGKILL')
    await run.says(/- svc:parent .* died of SIGKILL/)
    if (survives) {
      if (policy === 'reparent') await run.says(/> svc:kid .* hangs below/)
      t.ok(isRunning(kid))
    } else {
      await run.says(/- svc:kid .* \(cascade\)/)
      t.notOk(isRunning(kid))
    }
    run.child.kill('SIGTERM')
    t.match(await run.ended, { out: /survivors +0/ })
    t.notOk(isRunning(kid))
  })
}

t.test('a service whose root has ended is rootless while others run, and keeps its figures to the end', async t => {
  // It forks nothing: that would be counted, when it is seen.
  const script = `${SPAWN} --name kid -- sh -c 'read word < go'\nexit 0\n`
  const folder = privateFolder(t)
  execFileSync('mkfifo', [join(folder, 'go')])
  writeFileSync(join(folder, 'service.sh'), script)
  const services = [
    '  svc: { command: sh service.sh, spawn: { limits: { termination_policy: orphan } } }',
    '  other: { command: sleep 60 }',
  ]
  writeFileSync(join(folder, 'my.yaml'), `services:\n${services.join('\n')}\n`)
  const run = startCli(t, folder, ['run', '--show-tree', '-c', 'my.yaml'])
  await run.says(/- svc \(pid/)
  const figures = async () => JSON.parse((await cli(t, folder, ['tree', '--json'])).out).services[1]
  t.match(await figures(), { name: 'svc', state: 'rootless', liveDescendants: 1, totalDescendants: 1 })
  writeFileSync(join(folder, 'go'), 'on\n')
  await run.says(/- svc:kid \(pid/)
  t.match(await figures(), { name: 'svc', state: 'ended', liveDescendants: 0, totalDescendants: 1 })
  run.child.kill('SIGTERM')
  t.match(await run.ended, { out: /survivors +0/ })
})

t.test('a root that ends takes what is below it along, and the run ends', async t => {
  const run = runScript(t, `${SPAWN} --name left -- sleep 60\nexit 6\n`)
  const left = Number((await run.says(/\+ sh:left \(pid (\d+)\)/))[1])
  t.match(await run.ended, { code: 6, out: /survivors +0/ })
  t.notOk(isRunning(left))
})

t.test('over the memory limit the largest is killed, never the root', async t => {
  const hungry = `${JSON.stringify(process.execPath)} -e 'const b = Buffer.alloc(2e8, 1); setTimeout(() => b, 60000)'`
  const run = runConfig(
    t,
    ['total_memory: 150M', 'memory_action: kill_largest', 'grace: 1s'],
    `${SPAWN} --name hungry --wait -- ${hungry}; echo "hungry=$?"\n`,
  )
  // Where the kernel holds the memory of a service it is there first.
  t.match(await run.ended, { code: 0, out: /- svc:hungry .* \((quota|oom)\)/ })
  t.match(run.out(), /hungry=(143|137)/)
})

t.test('four processes that ask at once get what the limit allows, exactly', async t => {
  const asks = Array.from({ length: 6 }, (_, i) => `${SPAWN} --name c${i} -- sleep 60 &`).join('\n')
  const { out } = await runScript(t, `${asks}\nwait\n`, ['--descendants', '2']).ended
  t.match(out, /spawned +2\n {2}refused +4 \(descendant_limit 4\)/)
})
