/** The process that starts runaways and orders their end: `RUNAWAY GUARD`. It may run as another user than the campaign. */

import { once } from 'node:events'
import { temporaryHome } from '../../../src/keeper/directory.js'
import { createKeeperLauncher } from '../../../src/keeper/launcher.js'
import { type Escape, type EscapeAnswer, MARK } from './ways.js'

const SERVICE = 'svc'

const [program, guard] = process.argv.slice(2)
const launcher = createKeeperLauncher(temporaryHome())

process.on('message', (attempt: Escape) => {
  carryOut(attempt).then(answer, (error: unknown) => answer({ failed: String(error) }))
})
// The campaign is over, or gone.
process.once('disconnect', () => launcher.endAll(null, 0).finally(() => process.exit()))

async function carryOut({ way, order, graceMs, mark }: Escape): Promise<EscapeAnswer> {
  const child = await launcher.launch({
    service: SERVICE,
    command: program,
    args: [way, guard],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', [MARK]: mark },
    stdin: 'ignore',
  })
  const [said] = (await Promise.race([once(child.stdout, 'data'), once(child.stdout, 'close')])) as [unknown]
  await (order === 'subtree' ? launcher.end([child.pid], 'stop', graceMs) : launcher.endAll(SERVICE, graceMs))
  const word = String(said).trim()
  return word === 'away' || word === 'cannot' ? { said: word } : { failed: `the runaway said ${JSON.stringify(word)}` }
}

function answer(answer: EscapeAnswer): void {
  process.send?.(answer)
}
