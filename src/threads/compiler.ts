/** How far V8 inlines: the small functions that the trees are written in cost a third of their time as calls. */

import { setFlagsFromString } from 'node:v8'

// V8 stops at 460 bytes of bytecode a function and 920 in all. With these a cycle of authorize, record, exit and remove
// takes a host 530 ns instead of 715 (Node 20, 100 children); larger ones gain nothing, and over a whole cycle the second alone gains about as much.
const INLINING = ['--max-inlined-bytecode-size=1500', '--max-inlined-bytecode-size-cumulative=4000']

let isTuned = false

/**
 * Raises V8's inlining limits, once a process: they hold for whatever is optimised from then on, in every thread.
 * `ESPALIER_COMPILER=default` leaves them alone (docs/adr/0009).
 */
export function tuneCompiler(env: Readonly<NodeJS.ProcessEnv>): void {
  if (isTuned || env.ESPALIER_COMPILER === 'default') return
  isTuned = true
  for (const flag of INLINING) setFlagsFromString(flag)
}
