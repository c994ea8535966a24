import { readdirSync } from 'node:fs'
import { temporaryHome } from '../../../src/keeper/directory.js'
import { createKeeperLauncher } from '../../../src/keeper/launcher.js'
import type { LaunchRequest } from '../../../src/launch.js'
import { readAll, TEST_ENV, until } from '../../launcher/processes.js'
import { checkKeeper } from '../../support/keeper.js'

checkKeeper('outputs that nobody asks for take no descriptor here, while the process lives and after', async t => {
  const launcher = createKeeperLauncher(temporaryHome())
  t.teardown(() => launcher.endAll(null, 0))
  // The first has a link to be made for it.
  await launcher.launch(shell('exec sleep 100'))
  const before = descriptors()
  const [stays, quiet] = await Promise.all([launcher.launch(shell('exec sleep 100')), launcher.launch(shell('exit 0'))])
  await quiet.exited
  t.equal(descriptors(), before)
  t.equal(await readAll(quiet.stdout), '', 'there is none')
  t.equal(descriptors(), before)
  t.ok(stays.stdout.readable)
  t.equal(descriptors(), before + 1)
})

checkKeeper(
  'what a process or a fork of it wrote unread is there after its exit, and after that is stored',
  async t => {
    const launcher = createKeeperLauncher(temporaryHome())
    t.teardown(() => launcher.endAll(null, 0))
    const children = await Promise.all([
      launcher.launch(shell('echo mine; echo wrong >&2')),
      launcher.launch(shell('(while read line; do echo $line; done; echo fork) & exit 0', { stdin: 'pipe' })),
    ])
    const [mine, forks] = children
    await Promise.all(children.map(child => child.exited))
    // A later exit of the same service: those before it are acknowledged with it, if not before.
    for (let at = 0; at < 70; at++) await (await launcher.launch(shell('exit 0'))).exited
    t.equal(await readAll(mine.stdout), 'mine\n')
    t.equal(await readAll(mine.stderr), 'wrong\n')
    t.match(await readAll(forks.stdout), /fork\n$/)
  },
)

checkKeeper('a process sees the end of its stdin when ours is closed, whether it was written to or not', async t => {
  const launcher = createKeeperLauncher(temporaryHome())
  t.teardown(() => launcher.endAll(null, 0))
  const child = await launcher.launch(shell('cat; echo end', { stdin: 'pipe' }))
  child.stdin?.end()
  t.equal(await readAll(child.stdout), 'end\n')
  const before = descriptors()
  const unused = await launcher.launch(shell('exit 0', { stdin: 'pipe' }))
  await unused.exited
  await until('its stdin is closed here', () => descriptors() <= before)
  t.ok(unused.stdin?.destroyed)
})

function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}

function shell(script: string, over: Partial<LaunchRequest> = {}): LaunchRequest {
  return { service: 'svc', command: 'sh', args: ['-c', script], env: TEST_ENV, stdin: 'ignore', ...over }
}
