/** What the daemon answers to a wish. */

import { withoutSecrets } from '../cli/why.js'
import { whyLines } from '../cli/why-lines.js'
import type { Client } from '../client/connect.js'
import { ClientError } from '../client/errors.js'
import { harmless } from '../terminal/harmless.js'
import { answerPane } from './panes.js'
import type { Row } from './rows.js'
import type { Ending, State } from './state.js'
import { type Wish, withPane } from './step.js'

type Asked = Extract<Wish, { kind: 'why' | 'end' }>

/** What the answer makes of the state that there is when it has come. */
export async function answerWish(client: Client, wish: Asked): Promise<(state: State) => State> {
  try {
    if (wish.kind === 'end') return saying(await end(client, wish.ending))
    const subject = subjectOf(wish.row)
    const lines = whyLines(withoutSecrets(await client.why(subject)))
    const pane = answerPane(`espalier why ${subject}`, lines)
    return state => withPane(state, pane)
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    return saying(error.message)
  }
}

function saying(message: string): (state: State) => State {
  return state => ({ ...state, message: harmless(message) })
}

/** A service by its name, which means its root; a process by its pid. */
function subjectOf(row: Row): string {
  return row.kind === 'service' ? row.service.name : String(row.process.pid)
}

async function end(client: Client, ending: Ending): Promise<string> {
  if (ending.kind === 'service') {
    await client.stop(ending.service)
    return `stopped ${ending.service}`
  }
  const { name, pid, startTicks, tree } = ending
  const count = await client.end({ pid, startTicks, tree })
  return `ended ${name} (pid ${pid})${count > 1 ? ` and ${count - 1} below it` : ''}`
}
