import t from 'tap'
import { planLines } from '../../../src/cli/plan-lines.js'
import type { ServicePlan } from '../../../src/plan/replay.js'

const plan: ServicePlan = {
  ...{ service: 'web', granted: 5, refused: 4, grantedNow: 5, newlyRefused: new Map(), firstRefused: null },
  ...{ newlyGranted: new Map(), firstGranted: null, unasked: 0, peakThen: 3, peakNow: 3 },
}
const change = { at: 0, childName: 'kid', parentPid: 7, message: 'too \u001b[2Jmany' }

t.test('nothing that changes is one line', async t => {
  t.same(planLines({ config: 'new.yaml', since: 0, plans: [plan], leftOut: [] }), [
    'requests since 1970-01-01T00:00:00.000Z, asked again under the limits of new.yaml',
    'web: granted 5, refused 4, nothing would change',
    '  at once  3 children, then 3',
  ])
  t.same(planLines({ config: 'x', since: null, plans: [], leftOut: [] }), ['nothing was recorded in that time'])
})

t.test('each change has its line, safe for a terminal', async t => {
  const changed: ServicePlan = {
    ...plan,
    ...{ grantedNow: 2, unasked: 1, newlyRefused: new Map([['child_limit', 3] as const]), firstRefused: change },
    ...{ newlyGranted: new Map([['rate_limit', 1] as const]), firstGranted: change },
  }
  const text = planLines({ config: 'new.yaml', since: 0, plans: [changed], leftOut: ['db'] }).join('\n')
  for (const words of [
    /now {6}granted 2$/m,
    /refused {2}3 more: child_limit 3$/m,
    /first {4}1970-.* kid below 7: too/,
    /granted {2}1 more, refused then: rate_limit 1$/m,
    /unasked {2}1 came from/,
    /not in new.yaml, left out: db$/,
  ])
    t.match(text, words)
  t.notMatch(text, '\u001b')
})
