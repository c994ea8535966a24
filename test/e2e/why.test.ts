/** What an operator is told of a refusal, an end and a living process. */

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { EndReport } from '../../protocol/wire/past.js'
import { CLI_FILE, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually } from '../support/processes.js'

const CONFIG = `services:
  web:
    command: sh service.sh
    spawn:
      mode: dynamic
      limits: { children: 1, grace: 200ms }
`
const SERVICE = `./espalier spawn --name boss -- sh -c './espalier spawn --name kid -- env PASSWORD=hunter2 sleep 60; exec sleep 60'
./espalier spawn --name more -- sleep 60 2>&1
exec sleep 60
`

t.test('why and history tell what became of each process and request', async t => {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'my.yaml'), CONFIG)
  writeFileSync(join(folder, 'service.sh'), SERVICE)
  writeFileSync(join(folder, 'espalier'), `#!/bin/sh\nexec "${process.execPath}" "${CLI_FILE}" "$@"\n`)
  chmodSync(join(folder, 'espalier'), 0o755)
  const run = startCli(t, folder, ['run', '--show-tree', '-c', 'my.yaml'])
  const ask = (...args: string[]) => startCli(t, folder, args).ended
  const [, boss] = await run.says(/\+ web:boss \(pid (\d+)\)/)
  const [, kid] = await run.says(/\+ web:kid \(pid (\d+)\)/)
  const [, decision] = await run.says(/espalier why (\S+)/)

  t.match(await ask('why', decision), {
    code: 0,
    out: /refusal .*of service web.*rule +child_limit.*figures +children 1, now 1.*web \(pid \d+\) asked for more.*passes +when one of the 1 children of web/s,
  })
  t.match(await ask('why', 'kid'), {
    code: 0,
    out: /kid .* lives.*chain +web .* > boss .* > kid.*depth 2 of 2: no children here.*descendants 498 of 500/s,
  })
  t.match(JSON.parse((await ask('why', boss, '--json')).out), {
    kind: 'living',
    process: { name: 'boss' },
    children: 1,
  })

  process.kill(Number(boss), 'SIGKILL')
  await run.says(/- web:kid/)
  t.match(await ask('why', kid), {
    out: /kid .* died of SIGTERM.*reason +cascade.*because +boss .* died of SIGKILL \(signal\).*TERM +at .*cascade.*KILL +due 200ms later.*not needed.*cpu +\d.*of CPU time/s,
  })
  t.notMatch((await ask('why', kid, '--json')).out, 'hunter2')
  t.notMatch((await ask('history')).out, 'hunter2')
  let ends: EndReport[] = []
  await eventually('both ends are told', async () => {
    const { out } = await ask('history', 'web', '--json', '--since', '10m')
    ends = out
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
    return ends.length === 2
  })
  t.match(
    ends.map(({ name, exit }) => [name, exit.reason]),
    [
      ['boss', 'signal'],
      ['kid', 'cascade'],
    ],
  )
  t.match(await ask('history', '--reason', 'cascade', '-n', '1'), { out: /web:kid/ })
  t.match(await ask('history', '--exit', '3'), { code: 0, out: /nothing that has ended fits/ })
  t.match(await ask('why', 'nobody'), { code: 3, err: /"nobody" is no refusal, process or name/ })
  t.match(await ask('why', 'a b'), { code: 2, err: /names nothing/ })
})
