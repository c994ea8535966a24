/** Services that wait for others: the order of start and end, and what becomes of a run when one is never ready. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connect } from '../../src/client/connect.js'
import { ClientError } from '../../src/client/errors.js'
import { launcherName } from '../../src/launcher/choose.js'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually as eventuallyWithin } from '../support/processes.js'

const eventually = (what: string, holds: () => boolean | Promise<boolean>) => eventuallyWithin(what, holds, 60_000)
const skip = launcherName() === 'portable' ? 'portable mode keeps nothing' : false

function place(t: Test, services: Readonly<Record<string, string>>): string {
  const folder = privateFolder(t)
  const lines = Object.entries(services).map(([name, text]) => `  ${name}: { ${text} }\n`)
  writeFileSync(join(folder, 'espalier.yaml'), `services:\n${lines.join('')}`)
  return folder
}

/** Notes in `order` that it starts and ends. */
const notes = (name: string, more = '') =>
  `command: [sh, -c, 'trap "echo -${name} >> order; exit" TERM; echo +${name} >> order; ${more} while :; do sleep 0.05; done'], spawn: { limits: { grace: 1m } }`

async function statesOf(folder: string): Promise<Readonly<Record<string, string>>> {
  try {
    const { services } = await connect({ socket: join(folder, 'control.sock') }).tree()
    return Object.fromEntries(services.map(({ name, state }) => [name, state]))
  } catch (error) {
    if (error instanceof ClientError) return {}
    throw error
  }
}

t.test('those that wait start when the others are ready, and end before them', async t => {
  const folder = place(t, {
    web: `${notes('web')}, depends_on: [db, log]`,
    db: `${notes('db')}, ready: { exec: test -e go, interval: 50ms }`,
    log: `${notes('log', 'echo listening on 80;')}, ready: { log: 'on \\d+$' }`,
  })
  const run = startCli(t, folder, ['run'])
  await eventually('log is up', () => /log is up \(1 of 3\)/.test(run.err()))
  t.match(run.err(), /web waits for db, log/)
  t.same(await statesOf(folder), { web: 'waiting', db: 'starting', log: 'running' })
  t.match((await cli(t, folder, ['services'])).out, /^web +waiting for db, log {2}0 /m)
  await eventually('both have begun', () =>
    /^\+(db\n\+log|log\n\+db)\n$/.test(readFileSync(join(folder, 'order'), 'utf8')),
  )
  writeFileSync(join(folder, 'go'), '')
  await eventually('web has started', () => readFileSync(join(folder, 'order'), 'utf8').includes('+web'))
  await eventually('all are up', () => /db is up \(2 of 3\)[\s\S]*web is up \(3 of 3\)/.test(run.err()))
  run.child.kill('SIGINT')
  t.match(await run.ended, { code: 0, out: /survivors +0/ })
  const order = readFileSync(join(folder, 'order'), 'utf8').trim().split('\n')
  t.equal(order[2], '+web')
  t.equal(order[3], '-web')
})

t.test('Ctrl-C while others are waited for ends it all; what never started counts for nothing', async t => {
  const folder = place(t, { web: `${notes('web')}, depends_on: db`, db: `${notes('db')}, ready: { exec: 'false' }` })
  const run = startCli(t, folder, ['run'])
  await eventually(
    'it waits',
    async () => (await statesOf(folder)).db === 'starting' && existsSync(join(folder, 'order')),
  )
  run.child.kill('SIGINT')
  t.match(await run.ended, { code: 0, out: /survivors +0/ })
  t.same(readFileSync(join(folder, 'order'), 'utf8'), '+db\n-db\n')
})

t.test('one that is not ready in time, or ends before, ends the run and says why', async t => {
  const late = place(t, {
    web: `${notes('web')}, depends_on: db`,
    db: `${notes('db')}, ready: { exec: 'false', interval: 50ms, timeout: 300ms }`,
  })
  t.match(await cli(t, late, ['run']), { code: 5, err: /service db is not ready within 300ms: "false": it \w+/ })
  const early = place(t, { db: "command: [sh, -c, 'exit 3'], ready: { log: never }" })
  t.match(await cli(t, early, ['run']), { code: 1, err: /service db ended before it was ready \(exit code 3\)/ })
  const again = place(t, {
    db: "command: [sh, -c, 'test -e once && exec sleep 300; touch once; exit 3'], restart: on-failure, ready: { exec: test -e once }",
    web: 'command: "true", depends_on: db',
  })
  const run = startCli(t, again, ['run'])
  await eventually('a restart may make it ready', () => /db is up \(1 of 2\)/.test(run.err()))
  run.child.kill('SIGINT')
  await run.ended
})

t.test('up says how it gets on, and is done when all are ready', { skip }, async t => {
  const folder = place(t, {
    web: 'command: sleep 300, depends_on: db',
    db: 'command: sleep 300, ready: { exec: test -e go }',
  })
  t.teardown(() => cli(t, folder, ['down', '--all']))
  const up = startCli(t, folder, ['up'])
  await eventually('it waits', () => /web waits for db/.test(up.err()))
  writeFileSync(join(folder, 'go'), '')
  t.match(await up.ended, { code: 0, err: /db is up \(1 of 2\)\n.*web is up \(2 of 2\)\n$/, out: /up web\nup db\n$/ })
})

t.test(
  'those that wait for nobody are counted too; one alone has a line only where a probe says that it is up',
  async t => {
    const three = await cli(t, place(t, { a: "command: 'true'", b: "command: 'true'", c: "command: 'true'" }), ['run'])
    t.equal(three.code, 0)
    t.same(three.err.match(/\w is up \(\d of 3\)/g), ['a is up (1 of 3)', 'b is up (2 of 3)', 'c is up (3 of 3)'])
    t.notMatch(three.out, /is up/, 'what reads the output of services does not find it there')
    const one = await cli(t, place(t, { a: "command: 'true'" }), ['run'])
    t.notMatch(one.err, /is up/)
    const asked = startCli(t, place(t, { a: "command: sleep 300, ready: { exec: 'true' }" }), ['run'])
    await eventually('a is up', () => /\* a is up\n/.test(asked.err()))
    asked.child.kill('SIGINT')
    t.match(await asked.ended, { code: 0 })
  },
)
