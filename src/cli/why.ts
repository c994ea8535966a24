/** `espalier why`: what a decision, an end, or a place in the tree comes from. */

import { show } from '../../protocol/show.js'
import { type Explanation, isSubject } from '../../protocol/wire/past.js'
import { redact } from '../terminal/redact.js'
import { EXIT } from './exit-codes.js'
import { UsageError } from './failing.js'
import { jsonLine } from './json.js'
import { clientOf, type DaemonOptions } from './place.js'
import { BARE, type Manner, print, type ReadingOptions } from './print.js'
import { whyLines } from './why-lines.js'

export type WhyOptions = DaemonOptions & ReadingOptions

/** Sentences, and what they are about above them. */
const MANNER: Manner = { isCut: false, style: (_line, index) => (index === 0 ? 'bold' : 'plain') }

/** Prints the explanation; 3 for what the daemon does not know. */
export async function whyCommand(subject: string, options: WhyOptions): Promise<number> {
  if (!isSubject(subject)) {
    throw new UsageError(`${show(subject)} names nothing: give a refusal (0-17), a pid, a name, or service:name`)
  }
  const explanation = withoutSecrets(await clientOf(options).why(subject))
  if (options.json) await print([jsonLine(explanation)], BARE, options)
  else await print(whyLines(explanation).slice(0, options.quiet ? 1 : undefined), MANNER, options)
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
