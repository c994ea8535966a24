/** A keeper of many: all that ends is reaped, and nothing of it is left. */

import { readdirSync } from 'node:fs'
import { KEEPER_FLAGS } from '../../protocol/keeper/messages.js'
import { checkKeeper, greeted, startRawKeeper } from '../support/keeper.js'
import { eventually } from '../support/processes.js'

/** More than a keeper looks through at each turn. */
const MANY = 80

function descriptorsOf({ pid }: { readonly pid: number }): readonly number[] {
  return readdirSync(`/proc/${pid}/fd`).map(Number)
}

checkKeeper('beside many nodes orphans that end together are each reaped and told', async t => {
  const orphans = 12
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  for (let id = 1; id <= MANY; id++) link.spawn(id, 'exec sleep 300')
  link.spawn(MANY + 1, `for one in $(seq ${orphans}); do (sh -c 'exit 7' &); done; exec sleep 300`)
  const told = () => link.all('exit').filter(({ fields }) => (fields.flags & KEEPER_FLAGS.exit_declared) === 0)
  await eventually('all orphans are told', () => told().length >= orphans)
  t.same(told().filter(({ fields }) => fields.code === 7).length, orphans)
  t.equal(link.all('started').length, MANY + 1)
})

checkKeeper('what ended nodes took of descriptors is given back, those with output after the word alone', async t => {
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  const before = descriptorsOf(keeper)
  for (let id = 1; id <= MANY; id++)
    link.spawn(id, id % 2 === 0 ? 'echo said' : ':', { stdio: ['pipe', 'pipe', 'pipe'] })
  await eventually('all have ended', () => link.all('exit').length === MANY)
  t.ok(descriptorsOf(keeper).length >= before.length + MANY)
  link.ack(MANY)
  await eventually('their pipes are closed', () => descriptorsOf(keeper).length <= before.length)
})

checkKeeper('a node has no descriptor of its keeper, however many that has', async t => {
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  for (let id = 1; id <= MANY; id++) link.spawn(id, 'exec sleep 300', { stdio: ['pipe', 'pipe', 'pipe'] })
  link.spawn(MANY + 1, 'exec sleep 300', { stdio: ['pipe', 'null', 'pipe'] })
  const { fields } = await link.heard('started', MANY + 1)
  // While it is loaded the program itself opens files.
  await eventually('it has its three alone', () => descriptorsOf(fields).join() === '0,1,2')
})
