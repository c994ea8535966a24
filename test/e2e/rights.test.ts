/** What the processes of a service may do and use, from the config down to the process that it spawns. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readHost } from '../../src/doctor/facts.js'
import { launcherName } from '../../src/launcher/choose.js'
import { CLI_FILE, cli, type Outcome } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'

const skip = launcherName() === 'portable' ? 'portable mode gives no rights' : false

/** Says what the process that runs it may do; `$1` stands before each line. */
const SAYS = `echo "$1 nice=$(nice) files=$(ulimit -Sn):$(ulimit -Hn) $(grep NoNewPrivs /proc/self/status | tr -d '\\t') uid=$(id -u) gid=$(id -g) HOME=$HOME oom=$(cat /proc/self/oom_score_adj) parent=$(cat /proc/$PPID/oom_score_adj)"`

const SPAWNS_CHILD = `"${process.execPath}" "${CLI_FILE}" spawn --name child --wait -- sh says.sh child`

const WAS_RAISED =
  ownOomScore() === 0
    ? false
    : 'who started this test said how much it is to be killed, and may have closed the way back'

function ownOomScore(): number {
  return Number(readFileSync('/proc/self/oom_score_adj', 'latin1'))
}

/** What it said of itself and of its parent. */
function oomSaid(out: string, who: string): readonly number[] {
  return new RegExp(`\\| ${who} .* oom=(-?\\d+) parent=(-?\\d+)`).exec(out)?.slice(1).map(Number) ?? []
}

/** Runs one service whose root says its rights, spawns a child that says its own, and ends. */
async function rightsSaid(t: Test, keys: string, command?: string): Promise<Outcome> {
  const folder = privateFolder(t)
  const config = join(folder, 'espalier.yaml')
  writeFileSync(join(folder, 'says.sh'), SAYS)
  const spawns = `sh says.sh root; ${SPAWNS_CHILD}`
  const text = `services: { svc: { command: [sh, -c, ${JSON.stringify(command ?? spawns)}], ${keys} } }`
  writeFileSync(config, text)
  return cli(t, folder, ['run', '-c', config])
}

t.test('a spawn has the rights of its service and no more', { skip }, async t => {
  const { out, err, code } = await rightsSaid(t, 'nice: 7, no_new_privs: false, rlimits: { nofile: 60:90 }')
  t.equal(code, 0, err)
  t.match(out, /\| root nice=7 files=60:90 NoNewPrivs:0/)
  t.match(out, /\| child nice=7 files=60:90 NoNewPrivs:0/)
})

t.test('without keys nobody gains privileges', { skip }, async t => {
  const { out, err } = await rightsSaid(t, '')
  t.match(out, /\| root .*NoNewPrivs:1/, err)
  t.match(out, /\| child .*NoNewPrivs:1/, err)
})

t.test('when memory runs out a child goes before its root, and both before their keeper', { skip }, async t => {
  const { out, err } = await rightsSaid(t, '', `${SAYS.replace('$1', 'root')}; ${SPAWNS_CHILD}`)
  const ours = ownOomScore()
  const [root, keeper] = oomSaid(out, 'root')
  const [child] = oomSaid(out, 'child')
  if (readHost().canBeProtected) t.same([keeper, root], [-900, Math.max(ours, -800)], err)
  else t.same([keeper, root], [ours, Math.min(1000, ours + 100)], err)
  t.equal(child, Math.min(1000, root + 500))
})

t.test(
  'a keeper that may be less to be killed than it was leaves its services what they had',
  { skip: skip || WAS_RAISED },
  async t => {
    // To become more to be killed, and then as little as before, is allowed to everybody.
    writeFileSync('/proc/self/oom_score_adj', '300')
    const { out, err } = await rightsSaid(t, '', SAYS.replace('$1', 'root'))
    writeFileSync('/proc/self/oom_score_adj', '0')
    const [root, keeper] = oomSaid(out, 'root')
    t.equal(root, 300, err)
    t.equal(keeper, readHost().canBeProtected ? -900 : 0)
  },
)

t.test('a service runs as the user that it names, where root starts it', { skip }, async t => {
  const { out, err, code } = await rightsSaid(t, 'user: nobody, cwd: /', `${SAYS}; touch /etc/mine 2>&1`)
  if (process.getuid?.() !== 0) {
    t.match(err, /EPERM \(user\).*root/)
    return
  }
  t.not(code, 0)
  t.match(out, /uid=65534 .*HOME=(?!.*espalier)/)
  t.match(out, /Permission denied/)
})

t.test('a user that is not there is named at its line, by check, run and up alike, before anything starts', async t => {
  const folder = privateFolder(t)
  writeFileSync(
    join(folder, 'espalier.yaml'),
    'services:\n  svc:\n    command: touch started\n    user: no-such-user-here\n',
  )
  for (const words of [['config', 'check'], ['run'], ['up']]) {
    const { out, err, code } = await cli(t, folder, words)
    t.equal(code, 7, words.join(' '))
    t.equal(out, '')
    t.match(
      err,
      /espalier\.yaml:4:5: services\.svc\.user: there is no user "no-such-user-here", as whom service svc is to run; create it, or name another/,
    )
  }
  t.notOk(existsSync(join(folder, 'started')))
})
