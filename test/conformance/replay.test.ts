/**
 * Every trace of the reference, inline, on one host and on two. `ESPALIER_TRACES` names another folder of traces:
 * `ESPALIER_TRACES=/some/folder node scripts/test.mjs conformance`.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PROJECT_ROOT } from '../support/root.js'
import { openWorld, PLACES } from '../support/world.js'
import { disagreement } from './agree.js'
import { replay } from './replay.js'

const FOLDER = process.env.ESPALIER_TRACES ?? join(PROJECT_ROOT, 'test/conformance/traces')
/** Disagreements shown of one trace. */
const SHOWN_MAX = 5

const traces = readdirSync(FOLDER)
  .filter(name => name.endsWith('.jsonl'))
  .sort()

t.test('there are traces to replay', async t => {
  t.ok(traces.length > 0, `no .jsonl file in ${FOLDER}`)
})

for (const place of PLACES) {
  t.test(`every line of every trace agrees (${place})`, async t => {
    let total = 0
    for (const name of traces) {
      const { supervisor, clock } = openWorld(place)
      try {
        const { lines, compared, disagreements } = await replay(
          readFileSync(join(FOLDER, name), 'utf8'),
          supervisor,
          ms => clock.advance(ms),
        )
        total += lines
        t.ok(compared > 0, `${name} has answers to compare`)
        t.same(disagreements.slice(0, SHOWN_MAX), [], `${name}: ${disagreements.length} of ${lines} lines disagree`)
      } finally {
        await supervisor.close()
      }
    }
    t.comment(`${place}: ${traces.length} traces, ${total} lines`)
  })
}

t.test('a trace that differs in one field is found out', async t => {
  const expected = { pid: 4, last_exit: { exit_code: 1, signal: null } }
  t.equal(disagreement(expected, { pid: 4, lastExit: { exitCode: 1, signal: null, reason: 'self' } }), null)
  t.equal(disagreement(expected, { pid: 4, lastExit: { exitCode: 2, signal: null } }), 'result.last_exit.exit_code')
  t.equal(disagreement(expected, { pid: 4, lastExit: null }), 'result.last_exit')
  t.equal(disagreement([1, 2], [1]), 'result')
  t.equal(disagreement(null, undefined), 'result')
  t.equal(disagreement({ memory_used: 0 }, { memoryUsed: 9 }), null)
})
