/** What a process of a service, or one of the same user outside it, is answered when it asks for what it should not have. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connect as connectClient } from '../../src/client/connect.js'
import { launcherName } from '../../src/launcher/choose.js'
import { outcomeOf, writeAttack } from '../support/attacker.js'
import { CLI_FILE, type Running, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually } from '../support/processes.js'

/** More children for the service that asks. */
const SETS = `'{"v":1,"kind":"set_limits","service":"svc","limits":{"children":4000000},"by":"command"}\\n'`

/** Attack, and what it must be answered. docs/SECURITY.md has the same table, which a test below compares. */
const ATTACKS: Readonly<Record<string, { readonly body: string; readonly answer: RegExp; readonly code: string }>> = {
  'parent: a process of another service': {
    body: "return ask(request({ parentPid: Number(fs.readFileSync('other.pid', 'utf8')) }))",
    answer: /parent pid \d+ is no living process of service svc at or below/,
    code: 'bad_parent',
  },
  'parent: pid 1': { body: 'return ask(request({ parentPid: 1 }))', answer: /parent pid 1 /, code: 'bad_parent' },
  'parent: the daemon': {
    body: "return ask(request({ parentPid: Number(fs.readFileSync('daemon.pid', 'utf8')) }))",
    answer: /is no living process of service svc/,
    code: 'bad_parent',
  },
  'a connection that another process opened': {
    body: `const s = await dial(); fs.writeFileSync('request', request())
    const child = spawn('sh', ['-c', 'cat request >&3; ' + READ], { stdio: ['ignore', 'pipe', 'inherit', s] })
    let text = ''; child.stdout.on('data', d => { text += d }); await new Promise(done => child.on('close', done)); return text`,
    answer: /opened by another process/,
    code: 'inherited',
  },
  'a connection whose owner has died': {
    body: `fs.writeFileSync('request', request())
    const heir = 'while kill -0 ' + '$OWNER' + ' 2>/dev/null; do sleep 0.05; done; cat request >&3; (' + READ + ') >heir.out.new; mv heir.out.new heir.out'
    const owner = "const s = require('net').connect(process.env.ESPALIER_SOCKET, () => { require('child_process').spawn('sh', ['-c', process.env.HEIR], { stdio: ['ignore', 'ignore', 'inherit', s], detached: true, env: { ...process.env, OWNER: String(process.pid) } }).unref(); process.exit() })"
    spawnSync(process.execPath, ['-e', owner], { env: { ...process.env, HEIR: heir } })
    while (!fs.existsSync('heir.out')) await new Promise(done => setTimeout(done, 20))
    return fs.readFileSync('heir.out', 'utf8')`,
    answer: /opened by another process|has ended/,
    code: 'inherited',
  },
  'an order to stop': {
    body: `return ask('{"v":1,"kind":"stop","service":null}\\n')`,
    answer: /stop is not answered on this socket: it takes spawn and tree and ping/,
    code: 'not_allowed',
  },
  'a question why': {
    body: `return ask('{"v":1,"kind":"why","subject":"svc"}\\n')`,
    answer: /why is not answered on this socket: it takes spawn and tree and ping/,
    code: 'not_allowed',
  },
  'an order to change limits': {
    body: `return ask(${SETS})`,
    answer: /set_limits is not answered on this socket: it takes spawn and tree and ping/,
    code: 'not_allowed',
  },
  'an order to change limits on the operator’s socket': {
    body: `return askOperator(${SETS})`,
    answer: /set_limits is not answered to process \d+, which lives in service svc: it takes tree and ping/,
    code: 'not_allowed',
  },
  'the command `espalier limits set`': {
    body: `const { stderr } = spawnSync(process.execPath, [${JSON.stringify(CLI_FILE)}, 'limits', 'set', 'svc', 'children=9'], { env: { ...process.env, ESPALIER_RUNTIME_DIR: process.cwd() } })
    return JSON.stringify({ code: String(stderr).includes('not answered to process') ? 'not_allowed' : String(stderr) })`,
    answer: /not_allowed/,
    code: 'not_allowed',
  },
  'a question about limits on the operator’s socket': {
    body: `return askOperator('{"v":1,"kind":"limits"}\\n')`,
    answer: /limits is not answered to process/,
    code: 'not_allowed',
  },
  'an order to read the config again on the operator’s socket': {
    body: `return askOperator('{"v":1,"kind":"reload"}\\n')`,
    answer: /reload is not answered to process/,
    code: 'not_allowed',
  },
  'a request that is too long': {
    body: "return ask('x'.repeat(300000))",
    answer: /longer than 262144 bytes/,
    code: 'bad_frame',
  },
  'half a request, then the end': {
    body: 'const s = await dial(); const text = all(s); s.end(\'{"v":1\'); return text',
    answer: /ended inside a request/,
    code: 'bad_frame',
  },
  'half a request, then silence': {
    body: 'return ask(\'{"v":1\')',
    answer: /no whole request within 5000 ms/,
    code: 'timeout',
  },
  'two requests at once': {
    body: 'return ask(request() + request())',
    answer: /one request a connection/,
    code: 'bad_request',
  },
  'bytes that are no text': {
    body: 'return ask(Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]))',
    answer: /not valid UTF-8/,
    code: 'bad_frame',
  },
  'an order to stop on the operator’s socket': {
    body: `return askOperator('{"v":1,"kind":"stop","service":null}\\n')`,
    answer: /stop is not answered to process \d+, which lives in service svc: it takes tree and ping/,
    code: 'not_allowed',
  },
  'the same by a fork that left its session and its parent': {
    body: `fs.writeFileSync('order.cjs', "const s = require('net').connect('control.sock', () => s.write('{\\"v\\":1,\\"kind\\":\\"stop\\",\\"service\\":null}\\\\n')); s.pipe(process.stdout)")
    const left = 'while kill -0 ' + '$PARENT' + ' 2>/dev/null; do sleep 0.05; done; "$NODE" order.cjs >left.new; mv left.new left.out'
    spawnSync('sh', ['-c', 'PARENT=$$ setsid sh -c "$LEFT" >left.log 2>&1 &'], { env: { PATH: process.env.PATH, NODE: process.execPath, LEFT: left } })
    while (!fs.existsSync('left.out')) await new Promise(done => setTimeout(done, 20))
    return fs.readFileSync('left.out', 'utf8')`,
    answer: /stop is not answered to process/,
    code: 'not_allowed',
  },
  'a spawn on the operator’s socket': {
    body: 'return askOperator(request())',
    answer: /spawn is not answered to process/,
    code: 'not_allowed',
  },
  'more connections than there is room for': {
    body: `const open = []; for (let i = 0; i < 64; i++) open.push(await dial())
    await new Promise(done => setTimeout(done, 200)); const text = await ask(request()); for (const s of open) s.destroy(); return text`,
    answer: /as many connections as this service may have/,
    code: 'too_many_connections',
  },
}

/** Where the next pid of the host may be chosen, which is root's to do. */
const NEXT_PID = '/proc/sys/kernel/ns_last_pid'

/**
 * An owner opens a connection and ends; its heir takes the owner's pid, and asks as the one who opened it. Where the next pid
 * stood it is put again at once: what others know by a pid alone must not meet one that was just given back.
 */
const REUSE = `fs.writeFileSync('reuse.sh', '[ $$ = $OWNER ] || exit 1; printf "%s\\\\n" "$REQUEST" >&3; ' + READ.replaceAll('answer', 'reuse') + ' >reuse.text; mv reuse.text reuse.$OWNER')
const heir = 'while kill -0 $OWNER 2>/dev/null; do sleep 0.05; done; n=0; until [ -e reuse.$OWNER ] || [ $n = 500 ]; do n=$((n+1)); read now <${NEXT_PID}; echo $((OWNER-1)) >${NEXT_PID}; sh reuse.sh & echo $now >${NEXT_PID}; wait $!; done; echo >over.$OWNER'
const owner = "const s = require('net').connect(process.env.ESPALIER_SOCKET, () => { require('child_process').spawn('sh', ['-c', process.env.HEIR], { stdio: ['ignore', 'ignore', 'inherit', s], detached: true, env: { ...process.env, OWNER: String(process.pid) } }).unref(); process.exit() })"
for (let tries = 0; tries < 10; tries++) {
  const { pid } = spawnSync(process.execPath, ['-e', owner], { env: { ...process.env, HEIR: heir, REQUEST: request().trim() } })
  while (!fs.existsSync('over.' + pid)) await new Promise(done => setTimeout(done, 20))
  const text = fs.existsSync('reuse.' + pid) ? fs.readFileSync('reuse.' + pid, 'utf8') : 'nobody got pid ' + pid
  // On a slow host the keeper had enough of waiting before the pid came round.
  if (!/"timeout"|nobody got/.test(text)) return text
}
return 'nobody got the pid in time'`

const CHECKED = launcherName() === 'keeper'

function mayChoosePid(): boolean {
  try {
    // What stands there, so that nothing changes.
    writeFileSync(NEXT_PID, readFileSync(NEXT_PID))
    return true
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return false
    throw error
  }
}

/** Two services; the first one carries out attacks, one after the other. */
async function startVictim(t: Test, folder: string, script: string): Promise<Running> {
  writeFileSync(join(folder, 'service.sh'), script)
  const service = (name: string, command: string) =>
    `  ${name}:\n    command: ${command}\n    spawn:\n      mode: dynamic\n      limits:\n        rate: none\n        depth: 8\n`
  writeFileSync(join(folder, 'my.yaml'), `services:\n${service('svc', 'sh service.sh')}${service('other', 'sleep 60')}`)
  const run = startCli(t, folder, ['run', '--show-tree', '-c', 'my.yaml'])
  writeFileSync(join(folder, 'daemon.pid'), String(run.pid))
  const [, other] = await run.says(/\+ other \(pid (\d+)\)/)
  writeFileSync(join(folder, 'other.pid'), other)
  writeFileSync(join(folder, 'go'), '')
  return run
}

t.test('each attack from inside a service is refused by name, and the service is served after it', async t => {
  if (!CHECKED) return t.pass('no keeper was built')
  const folder = privateFolder(t)
  const names = Object.keys(ATTACKS)
  const files = names.map((_, at) => writeAttack(folder, `a${at}`, Object.values(ATTACKS)[at].body))
  files.push(writeAttack(folder, 'after', "return ask(request({ name: 'after' }))"))
  const node = JSON.stringify(process.execPath)
  const run = files.map(file => `${node} ${file}`).join('\n')
  await startVictim(t, folder, `while [ ! -e go ]; do sleep 0.05; done\n${run}\nsleep 60\n`)
  for (const [at, name] of names.entries()) {
    const outcome = await outcomeOf(folder, `a${at}`)
    t.match(outcome, ATTACKS[name].answer, name)
    t.match(outcome, new RegExp(`"code":"${ATTACKS[name].code}"`), name)
  }
  t.match(await outcomeOf(folder, 'after'), /"kind":"spawned"/)
})

t.test('a process that took the pid of who opened a connection is not taken for it', async t => {
  if (!CHECKED) return t.pass('no keeper was built')
  if (!mayChoosePid()) return t.pass(`${NEXT_PID} cannot be written here: no pid is taken again at will`)
  const folder = privateFolder(t)
  const file = writeAttack(folder, 'reuse', REUSE)
  const node = JSON.stringify(process.execPath)
  await startVictim(t, folder, `while [ ! -e go ]; do sleep 0.05; done\n${node} ${file}\nexec sleep 60\n`)
  t.match(await outcomeOf(folder, 'reuse', 60_000), /"code":"owner_died"/)
})

t.test('a process of the same user outside the service has no voice on its socket', async t => {
  if (!CHECKED) return t.pass('no keeper was built')
  const folder = privateFolder(t)
  await startVictim(t, folder, 'exec sleep 60\n')
  const keeper = readdirSync(folder).find(name => name === 'keeper-svc')
  const socket = connect(join(folder, keeper ?? '', 'spawn.sock'))
  let text = ''
  for await (const part of socket) text += part
  t.match(text, /"code":"outside"/)
})

t.test('on the operator’s socket a process of a service sees that service, one outside sees and ends all', async t => {
  if (!CHECKED) return t.pass('no keeper was built')
  const folder = privateFolder(t)
  const file = writeAttack(folder, 'look', `return askOperator('{"v":1,"kind":"tree"}\\n')`)
  const node = JSON.stringify(process.execPath)
  const run = await startVictim(t, folder, `while [ ! -e go ]; do sleep 0.05; done\n${node} ${file}\nexec sleep 60\n`)
  const seen = await outcomeOf(folder, 'look')
  t.match(seen, /"kind":"tree_end"/)
  t.match(seen, /"name":"svc"/)
  t.notMatch(seen, /"name":"other"/)
  const operator = connectClient({ socket: join(folder, 'control.sock') })
  t.same(
    (await operator.tree()).services.map(service => service.name),
    ['other', 'svc'],
  )
  t.same([...(await operator.stop())].sort(), ['other', 'svc'])
  await run.ended
})

t.test('a stopped daemon makes an asker wait 5 s, and then hear that nobody answers', async t => {
  if (!CHECKED) return t.pass('no keeper was built')
  const folder = privateFolder(t)
  const file = writeAttack(folder, 'ask', 'return ask(request())')
  const again = writeAttack(folder, 'again', "return ask(request({ name: 'again' }))")
  const node = JSON.stringify(process.execPath)
  const script = `while [ ! -e stopped ]; do sleep 0.05; done\n${node} ${file}\nwhile [ ! -e on ]; do sleep 0.05; done\n${node} ${again}\nexec sleep 60\n`
  const run = await startVictim(t, folder, script)
  process.kill(run.pid, 'SIGSTOP')
  try {
    writeFileSync(join(folder, 'stopped'), '')
    t.match(await outcomeOf(folder, 'ask'), /"code":"unavailable"/)
  } finally {
    process.kill(run.pid, 'SIGCONT')
  }
  writeFileSync(join(folder, 'on'), '')
  t.match(await outcomeOf(folder, 'again'), /"kind":"spawned"/)
  t.notMatch(run.out(), /svc:kid/, 'what was refused is not carried out later')
})

t.test('docs/SECURITY.md has each attack with its answer', async t => {
  const text = readFileSync(new URL('../../../docs/SECURITY.md', import.meta.url), 'utf8')
  for (const [name, { code }] of Object.entries(ATTACKS)) t.match(text, `| ${name} | \`${code}\` |`)
  t.match(text, '| a process that took the pid of who opened the connection | `owner_died` |')
  await eventually('read', () => text.length > 0)
})
