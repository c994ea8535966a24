/** What the daemon answers to a wish. */

import { limitLines } from '../cli/limits.js'
import { timedLineText } from '../cli/log-lines.js'
import { withoutSecrets } from '../cli/why.js'
import { whyLines } from '../cli/why-lines.js'
import type { Client } from '../client/connect.js'
import { ClientError } from '../client/errors.js'
import type { LogPlace } from '../logs/folder.js'
import { latestLines } from '../logs/latest.js'
import { harmless } from '../terminal/harmless.js'
import { answerPane } from './panes.js'
import type { Row } from './rows.js'
import type { Ending, Pane, State } from './state.js'
import { type Wish, withPane } from './step.js'

type Asked = Exclude<Wish, { kind: 'quit' } | { kind: 'suspend' } | { kind: 'redraw' }>

/** Lines of a log that are shown: the latest. */
const LOG_LINES = 500

/** Where answers come from. */
export interface Sources {
  readonly client: Client
  /** Where the daemon has its logs. */
  readonly logs: LogPlace
}

/** What the answer makes of the state that there is when it has come. */
export async function answerWish(sources: Sources, wish: Asked): Promise<(state: State) => State> {
  try {
    if (wish.kind === 'end') return saying(await end(sources.client, wish.ending))
    const pane = await paneOf(sources, wish)
    return state => withPane(state, pane)
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    return saying(error.message)
  }
}

async function paneOf({ client, logs }: Sources, { kind, row }: Exclude<Asked, { kind: 'end' }>): Promise<Pane> {
  const subject = subjectOf(row)
  switch (kind) {
    case 'why':
      return answerPane(`espalier why ${subject}`, whyLines(withoutSecrets(await client.why(subject))))
    case 'limits': {
      const service = row.kind === 'service' ? row.service.name : row.process.service
      const reports = await client.limits(service)
      const lines = reports.flatMap(report => limitLines(report, process.cwd()))
      return answerPane(`espalier limits get ${service}`, lines)
    }
    case 'logs': {
      const lines = latestLines(logs, subject, LOG_LINES).map(timedLineText)
      const said = lines.length > 0 ? lines : [`nothing of it stands in ${logs.stateDirectory}`]
      return { ...answerPane(`espalier logs ${subject}`, said), from: Number.POSITIVE_INFINITY }
    }
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
