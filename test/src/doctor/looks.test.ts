import t from 'tap'
import type { Look } from '../../../src/doctor/audit.js'
import { audit, LOOKS } from '../../../src/doctor/looks.js'
import { agreeing, service, shown } from './look.js'

const ghost = (pid: number) => agreeing({ processes: [...agreeing().processes, shown(pid, 'peripheral')] })

function inTurn(...looks: readonly Look[]): () => Promise<Look> {
  let at = 0
  return async () => looks[Math.min(at++, looks.length - 1)]
}

t.test('one look is enough when everything agrees', async t => {
  t.match(await audit(inTurn(agreeing()), 0), { services: 1, processes: 2, keepers: 1, looks: 1, disagreements: [] })
})

t.test('what every look says is a disagreement', async t => {
  t.match(await audit(inTurn(ghost(900)), 0), { looks: LOOKS, disagreements: [{ kind: 'not_living', pid: 900 }] })
})

t.test('what comes and goes between looks is none', async t => {
  t.match(await audit(inTurn(ghost(900), agreeing()), 0), { looks: 2, disagreements: [] })
  t.match(await audit(inTurn(ghost(900), ghost(901)), 0), { looks: 2, disagreements: [] })
  const counted = (live: number) => agreeing({ services: [service(live)] })
  t.match(
    await audit(inTurn(counted(5), counted(0)), 0),
    { looks: 2, disagreements: [] },
    'once too many, once too few',
  )
  t.equal((await audit(inTurn(counted(5), counted(4)), 0)).disagreements.length, 1, 'always too many')
})
