/** `espalier spawn`: a child of the process that calls it, from inside a service. */

import { SpawnDenied } from '../../protocol/failures.js'
import { spawnAgent, WAIT_TIMEOUT_MS } from '../client/spawn.js'
import { refusalLines } from './advice.js'
import { EXIT, exitCodeOf } from './exit-codes.js'

export interface SpawnCommandOptions {
  readonly name: string
  /** In ms. */
  readonly ttl?: number
  readonly parentPid?: number
  readonly wait: boolean
  /** In ms: how long the spawn may take. */
  readonly timeout: number
  /** In ms: how long the child may take with `wait`. */
  readonly waitTimeout?: number
}

/** Prints the child's pid. With `wait` it ends as the child did. */
export async function spawnCommand(argv: readonly string[], options: SpawnCommandOptions): Promise<number> {
  try {
    const agent = await spawnAgent({
      name: options.name,
      argv,
      ttlMs: options.ttl ?? null,
      parentPid: options.parentPid ?? null,
      wait: options.wait,
      timeoutMs: options.timeout,
      waitTimeoutMs: options.waitTimeout ?? WAIT_TIMEOUT_MS,
    })
    process.stdout.write(`${agent.pid}\n`)
    return options.wait ? exitCodeOf(await agent.exited()) : EXIT.ok
  } catch (error) {
    if (!(error instanceof SpawnDenied)) throw error
    const lines = refusalLines(error, process.env.ESPALIER_SERVICE ?? null)
    process.stderr.write(`${lines.map((line, i) => (i === 0 ? `espalier: ${line}` : line)).join('\n')}\n`)
    return EXIT.refused
  }
}
