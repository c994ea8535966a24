/** `espalier why`: what a decision, an end, or a place in the tree comes from. */

import { show } from '../../protocol/show.js'
import { type Explanation, isSubject } from '../../protocol/wire/past.js'
import { connect } from '../client/connect.js'
import { runtimeDirectory, runtimePaths } from '../control/paths.js'
import { redact } from '../terminal/redact.js'
import { EXIT } from './exit-codes.js'
import { UsageError } from './failing.js'
import { jsonLine } from './json.js'
import { put } from './put.js'
import { whyLines } from './why-lines.js'

export interface WhyOptions {
  readonly json: boolean
  readonly runtimeDir?: string
  /** In ms. */
  readonly timeout: number
}

/** Prints the explanation; 3 for what the daemon does not know. */
export async function whyCommand(subject: string, options: WhyOptions): Promise<number> {
  if (!isSubject(subject)) {
    throw new UsageError(`${show(subject)} names nothing: give a refusal (0-17), a pid, a name, or service:name`)
  }
  const { controlSocket } = runtimePaths(runtimeDirectory(options.runtimeDir, process.env))
  const client = connect({ socket: controlSocket, timeoutMs: options.timeout })
  const explanation = withoutSecrets(await client.why(subject))
  const text = options.json ? jsonLine(explanation) : whyLines(explanation).join('\n')
  await put(process.stdout, `${text}\n`, options.timeout)
  return EXIT.ok
}

/** The same with the secrets of command lines hidden. */
export function withoutSecrets(explanation: Explanation): Explanation {
  if (explanation.kind === 'refusal') return explanation
  if (explanation.kind === 'end') {
    const { end } = explanation
    return { ...explanation, end: { ...end, command: redact(end.command) } }
  }
  const { process } = explanation
  return { ...explanation, process: { ...process, command: redact(process.command) } }
}
