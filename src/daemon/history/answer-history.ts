/** The answer to a `history`: the latest ends that fit, oldest first. */

import { type Answer, answer } from '../../../protocol/wire/answers.js'
import { ENDS_PER_ANSWER } from '../../../protocol/wire/past.js'
import type { HistoryRequest } from '../../../protocol/wire/requests.js'
import type { DaemonContext } from '../context.js'
import { isAbout, reportEnd } from './life.js'

/** `history_ends`, any number of them, then `history_end`. */
export function* answerHistory({ history }: DaemonContext, request: HistoryRequest): Generator<Answer> {
  const { subject, since, exitCode, reason, most } = request
  const fitting = history.lives
    .ended()
    .filter(
      life =>
        (subject === null || isAbout(life, subject)) &&
        (since === null || life.exit.finishedAt >= since) &&
        (exitCode === null || life.exit.exitCode === exitCode) &&
        (reason === null || life.exit.reason === reason),
    )
  const told = fitting.slice(-most)
  for (let at = 0; at < told.length; at += ENDS_PER_ANSWER) {
    yield answer('history_ends', { ends: told.slice(at, at + ENDS_PER_ANSWER).map(reportEnd) })
  }
  yield answer('history_end', { left: fitting.length - told.length })
}
