/** What happened, event by event, for who asks now, later, or goes on listening. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { CLI_FILE, cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually } from '../support/processes.js'

const SPAWN = `"${process.execPath}" "${CLI_FILE}" spawn --name`
const SERVICE = `${SPAWN} kid -- env PASSWORD=hunter2 true; ${SPAWN} more -- sleep 60; ${SPAWN} most -- true 2>&1; exec sleep 60`
const CONFIG = `services:
  web:
    command: sh service.sh
    spawn: { mode: dynamic, limits: { children: 1, grace: 200ms } }
    on:
      refused: sh -c 'echo $ESPALIER_SERVICE $ESPALIER_HOOK >> told'
      exited: [sh, -c, exit 5]
`

interface Told {
  readonly v: number
  readonly cursor: string
  readonly kind: string
  readonly service: string
  readonly number: number
  readonly child?: { readonly name: string; readonly kind: string }
}

function told(out: string): Told[] {
  return out
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

t.test('events are told from the beginning, behind a cursor, and as they come', async t => {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'service.sh'), SERVICE)
  writeFileSync(join(folder, 'espalier.yaml'), CONFIG)
  const run = startCli(t, folder, ['run'])
  await run.says(/refused \(child_limit\)/)
  const follower = startCli(t, folder, ['events', '-f', '--json'])
  const ask = (...args: string[]) => cli(t, folder, ['events', ...args])

  const all = told((await ask('--json')).out)
  t.match(all[0], { v: 1, kind: 'service_registered', service: 'web', number: 1, cursor: /^@[a-z0-9]{8}-1$/ })
  t.same(
    all.map(({ number }) => number),
    all.map((_, index) => index + 1),
    'numbered without gaps',
  )
  for (const kind of ['spawn_granted', 'child_recorded', 'child_exited', 'spawn_refused']) {
    t.ok(
      all.some(event => event.kind === kind),
      kind,
    )
  }
  const behind = await ask('--json', '--since', all[2].cursor)
  t.equal(told(behind.out)[0]?.number, 4)
  t.match(await ask('web'), { code: 0, out: /refused most below \d+:.*\(\d+-\d+\)\n.*go on behind these: --since @/s })
  t.notMatch((await ask()).out + (await ask('--json')).out, 'hunter2')
  t.match(await ask('--since', '@abc'), { code: 2, err: /"@abc" is no cursor/ })
  t.match(await ask('a b'), { code: 2, err: /"a b" is no service's name/ })
  t.match(await ask('other'), { code: 0, out: /^go on behind these[^\n]*\n$/ })

  writeFileSync(join(folder, 'new.yaml'), CONFIG.replace('children: 1', 'children: 0'))
  const plan = await cli(t, folder, ['plan', '-c', 'new.yaml', '--last', '1h'])
  t.match(plan, { code: 0, out: /web: granted 2, refused 1.*now {6}granted 0.*refused {2}2 more: child_limit 2/s })
  t.match(JSON.parse((await cli(t, folder, ['plan', '-c', 'new.yaml', '--json'])).out), {
    ...{ v: 1, services: [{ service: 'web', newlyRefused: { child_limit: 2 } }], leftOut: [] },
  })
  await eventually('the hook of the refusal has run', () => existsSync(join(folder, 'told')))
  t.match(readFileSync(join(folder, 'told'), 'utf8'), /^web refused\n/)
  run.child.kill('SIGTERM')
  t.match((await run.ended).err, /the hook exited of web exited 5/)
  const heard = await follower.ended
  t.equal(heard.code, 0)
  t.ok(
    told(heard.out).some(({ kind }) => kind === 'root_exited'),
    'the follower heard the end',
  )
})

t.test(
  'a follower goes on with the daemon that takes over',
  { skip: launcherName() === 'portable' ? 'portable mode keeps nothing' : false },
  async t => {
    const folder = privateFolder(t)
    const args = ['run', '--', 'sleep', '300']
    const first = startCli(t, folder, args)
    await eventually('it answers', async () => (await cli(t, folder, ['tree'])).code === 0)
    const follower = startCli(t, folder, ['events', '-f', '--json', '--since', '1h', '--timeout', '60s'])
    await follower.says(/root_registered/)
    first.child.kill('SIGKILL')
    await first.ended
    const second = startCli(t, folder, args)
    await eventually(
      'the second is heard',
      () => told(follower.out()).filter(({ kind }) => kind === 'root_registered').length > 1,
    )
    second.child.kill('SIGTERM')
    await second.ended
    const heard = await follower.ended
    t.equal(heard.code, 0)
    const ours = told(heard.out).filter(({ service }) => service === 'sleep')
    t.same(
      ours.map(({ number }) => number),
      ours.map((_, index) => index + 1),
      'one numbering, without gaps, over both daemons',
    )
  },
)
