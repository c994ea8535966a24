import t from 'tap'
import { stayAwake } from '../../../src/threads/awake.js'
import { eventually } from '../../support/processes.js'

/** Whether the loop will turn once more without waiting for anything. */
function turns(): boolean {
  return process.getActiveResourcesInfo().includes('Immediate')
}

t.test('a short frame lets the loop go to sleep', async t => {
  stayAwake(511)
  t.notOk(turns())
})

t.test('after a long frame the loop turns without waiting, and then no more', async t => {
  stayAwake(512)
  t.ok(turns())
  stayAwake(100_000)
  t.ok(turns())
  await eventually('it sleeps again', () => !turns())
})
