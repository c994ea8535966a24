/** `espalier top` in a real terminal: keys in, screen out. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connect } from '../../src/client/connect.js'
import { launcherName } from '../../src/launcher/choose.js'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'
import { NO_TERMINAL, startTerminal } from '../support/terminal.js'

const CONFIG = `services:
  web:
    command: sh service.sh
    spawn:
      mode: dynamic
      limits: { children: 4, descendants: 10, total_memory: 1G, grace: 200ms, rate: 100/1s }
  idle: { command: sleep 300 }
`
const SERVICE = `espalier spawn --name boss -- sh -c 'espalier spawn --name kid --ttl 1h -- env TOKEN=hunter2 sleep 300; exec sleep 300'
espalier spawn --name other -- sh -c 'printf "here \\\\033[2J\\\\n"; exec sleep 300'
exec sleep 300
`

/** A folder with services, and a terminal there. */
async function place(t: Test, service: string, env: Readonly<Record<string, string>> = {}) {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'espalier.yaml'), CONFIG)
  writeFileSync(join(folder, 'service.sh'), service)
  return { folder, terminal: await startTerminal(t, folder, env) }
}

/** Services in a folder, under `run`, all started; and a terminal there. */
async function stage(t: Test, env: Readonly<Record<string, string>> = {}) {
  const { folder, terminal } = await place(t, SERVICE, env)
  const run = startCli(t, folder, ['run', '--show-tree'], { PATH: `${folder}:${process.env.PATH}` })
  await run.says(/\+ web:other/)
  const [, boss] = await run.says(/\+ web:boss \(pid (\d+)\)/)
  const [, kid] = await run.says(/\+ web:kid \(pid (\d+)\)/)
  // The command lines that asked are children too, for as long as they live.
  const client = connect({ socket: join(folder, 'control.sock') })
  const kinds = async () => (await client.tree()).processes.map(({ kind }) => kind)
  await eventually('only what was asked for is left', async () => !(await kinds()).includes('peripheral'))
  return { folder, terminal, run, boss: Number(boss), kid: Number(kid) }
}

t.test('top draws the trees at 80x24, sorts, filters, folds, explains, and gives the terminal back', async t => {
  if (NO_TERMINAL !== false) return t.pass(NO_TERMINAL)
  const { terminal, boss, kid } = await stage(t)
  const { press, shows, enter } = terminal
  await enter('espalier top --interval 100ms')
  const first = await shows(/- web {2}running {2}4 processes/)
  t.match(first, /^espalier \d\d:\d\d:\d\d {2}daemon \d+ {2}2 services {2}5 processes {2}cpu \d+% {2}memory /)
  t.match(first, /NAME +PID KIND +STATE +CPU +MEMORY +AGE +LEFT\n/)
  t.match(first, /children \[\|+ *2\/4\] descendants \[\|+ *3\/10\] memory \[.*\/1G\] rate \[.*\d\/100/)
  t.match(
    first,
    new RegExp(`\\n {4}boss +${boss} spawned +running .*\\n {6}kid +${kid} spawned +running .* (1h|59\\.\\dm)\\n`),
  )

  await press('/', 'k', 'i')
  await shows(/filter: ki_/)
  await press('Enter')
  t.notMatch(await shows(/sort tree {2}filter ki \(esc\)/), /other|idle/)
  await press('Escape')
  await shows(/ other /)
  await press('s')
  t.match(await shows(/sort cpu/), /\n {2}kid /)
  await press('s', 's', 's', 's', 's', 's')
  await shows(/sort tree/)
  await press('g', 'Space')
  await shows(/\+ idle {2}running/)
  await press('j', 'j', 'j', 'Left')
  t.notMatch(await shows(/\+ boss \(1 below\)/), / kid /)
  await press('Right')
  await shows(/ kid /)
  await press('j', 'w')
  t.match(await shows(/espalier why \d+\nkid \(pid/), /chain +web .* > boss .* > kid.*command +env TOKEN=\*\*\*/s)
  await press('q', 'L')
  t.match(await shows(/espalier limits get web/), /children +4 +espalier\.yaml:6/)
  if (launcherName() === 'keeper') {
    await press('q', 'g', 'G', 'l')
    t.match(await shows(/espalier logs \d+/), /other\[\d+\] \| here \\x1b\[2J/)
  }
  await press('q', '?')
  await shows(/^keys\n/)
  await press('q')
  await shows(/- web {2}running/)
  await press('q')
  await shows(/^shell> espalier top.*\nshell>$/m)
  await enter('stty -a | grep -o " icanon\\| echo\\>"; echo "code $?"')
  await shows(/ icanon\n echo\ncode 0/)
})

t.test('an end is asked about; n ends nothing, y ends the process with what is below it', async t => {
  if (NO_TERMINAL !== false) return t.pass(NO_TERMINAL)
  const { terminal, boss, kid, run } = await stage(t)
  const { press, shows, enter } = terminal
  await enter('espalier top --interval 100ms --filter boss')
  await shows(/ boss /)
  await press('G', 'X')
  await shows(new RegExp(`end boss \\(pid ${boss}\\) and 1 below it\\? y/N`))
  await press('n')
  await shows(/nothing was ended/)
  t.ok(isRunning(boss) && isRunning(kid))
  await press('X', 'y')
  await shows(/ended boss \(pid \d+\) and 1 below it/)
  t.notOk(isRunning(boss) || isRunning(kid))
  t.match(run.out(), /ending \(stop\): web:boss \(pid \d+\), web:kid/)
  await press('Escape', 'G', 'x', 'y')
  await shows(/ended other \(pid \d+\)$/m)
  await press('C-c')
  await shows(/shell>$/m)
})

t.test('top follows the size of its terminal, and stops and goes on with the shell', async t => {
  if (NO_TERMINAL !== false) return t.pass(NO_TERMINAL)
  const { terminal } = await stage(t, { NO_COLOR: '1' })
  const { press, shows, enter, resize } = terminal
  await enter('espalier top')
  t.notMatch(await shows(/ kid /), /COMMAND/)
  await resize(200, 40)
  const wide = await shows(/COMMAND/)
  t.match(wide, /- web +running {2}\d processes {2}children \[\|+ +2\/4\] descendants/)
  t.match(wide, / kid .* env TOKEN=\*\*\*/)
  t.notMatch(await terminal.screen('styled'), /\u001b\[(?:[0-9;]*;)?[349][0-8]/, 'no colour is drawn')
  await press('C-z')
  await shows(/shell>$/m)
  await resize(80, 24)
  await enter('fg; echo "code $?"')
  t.notMatch(await shows(/ kid /), /COMMAND/)
  await press('q')
  await shows(/code 0/)
})

t.test('top that is told to end gives the terminal back first', async t => {
  if (NO_TERMINAL !== false) return t.pass(NO_TERMINAL)
  const { terminal, folder } = await place(t, 'exec sleep 300')
  const { shows, enter } = terminal
  await startCli(t, folder, ['run', '--show-tree']).says(/\+ idle/)
  await enter(`sh -c 'echo $$ > pid; exec espalier top'; echo "code $?"; stty -a | grep -o " icanon"`)
  await shows(/- web {2}running/)
  process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGTERM')
  await shows(/code 143\n icanon/)
})

t.test('a daemon that goes away is said to, and the next one is shown', async t => {
  if (NO_TERMINAL !== false) return t.pass(NO_TERMINAL)
  const { terminal, folder } = await place(t, 'exec sleep 300')
  const { press, shows, enter } = terminal
  const run = startCli(t, folder, ['run', '--show-tree'])
  await run.says(/\+ idle/)
  await enter('espalier top --interval 100ms; echo "code $?"')
  await shows(/- web {2}running/)
  run.child.kill('SIGTERM')
  t.match(await shows(/no answer from daemon \d+, trying again; as of/), /web/)
  await run.ended
  const next = startCli(t, folder, ['run', '--show-tree'])
  await shows(new RegExp(`another daemon answers: pid ${next.pid}`))
  await press('q')
  await shows(/code 0/)
})

t.test('top without a terminal says what does without one, and --once prints a picture', async t => {
  const folder = privateFolder(t)
  t.match(await cli(t, folder, ['top']), { code: 2, out: '', err: /needs a terminal.*top --once/ })
  t.match(await cli(t, folder, ['top', '--once']), { code: 6, err: /no daemon answers/ })
  t.match(await cli(t, folder, ['top', '--sort', 'luck']), { code: 2, err: /Allowed choices are tree, cpu/ })
  writeFileSync(join(folder, 'espalier.yaml'), CONFIG.replace('sh service.sh', 'sleep 300'))
  const run = startCli(t, folder, ['run', '--show-tree'])
  await run.says(/\+ idle/)
  await run.says(/\+ web/)
  const once = await cli(t, folder, ['top', '--once', '--sort', 'memory'], { COLUMNS: '200' })
  t.match(once, { code: 0, out: /^NAME .* COMMAND\n- idle {2}.*\n {2}idle .*sleep 300\n- web /, err: '' })
  t.notMatch(once.out, /\u001b/)
})
