/** Starting the root of a service, as the daemon does it. */

import { TOKEN_LENGTH } from '../../../protocol/wire/requests.js'
import { writeWord } from '../../../src/daemon/word.js'
import { persist, persistIfPossible } from '../../../src/persist.js'
import type { SimulatedDaemon } from './daemon.js'

/** Its pid, once it is registered. */
export async function launchRoot({ supervisor, launcher }: SimulatedDaemon, service: string): Promise<number> {
  const command = { service, command: service, args: [], env: {}, stdin: 'ignore' as const }
  const launched = await launcher.launch({ ...command, word: word('root', service, null) })
  const { pid, startTicks } = launched
  const registered = persist(() => supervisor.registerServicePid(service, pid, { startTicks }))
  const exited = Promise.all([launched.exited, registered]).then(([exit]) =>
    persistIfPossible(() => supervisor.recordSpawnExit(pid, { ...exit, startTicks })),
  )
  launched.holdExit?.(exited)
  // Whoever waits for the registration hears of its failure.
  exited.catch(() => undefined)
  await registered
  return pid
}

/** What a keeper keeps of a process for the next daemon. */
export function word(role: 'root' | 'child', name: string, ttlMs: number | null): string {
  return writeWord({ role, name, token: '0'.repeat(TOKEN_LENGTH), ttlMs, argv: [name] })
}
