/** What is answered to who has the config read again. */

import { EspalierError } from '../../../protocol/failures.js'
import { type Answer, answer } from '../../../protocol/wire/answers.js'
import { ConfigError } from '../../config/types.js'
import type { DaemonContext } from '../context.js'

/** Every change, then the end; or why nothing was changed. */
export async function* answerReload(context: DaemonContext, dryRun: boolean): AsyncGenerator<Answer> {
  const { reloader } = context
  if (reloader === null) {
    const message =
      'the services here come from a command line, not from a config: espalier limits set changes their limits'
    return yield answer('failed', { code: 'bad_request', message })
  }
  try {
    const changes = await (dryRun ? reloader.preview() : reloader.reload())
    for (const change of changes) yield answer('reload_change', { change })
    yield answer('reload_end', { dryRun })
  } catch (error) {
    if (error instanceof ConfigError) yield answer('failed', { code: 'bad_config', message: unchanged(error) })
    else if (error instanceof EspalierError) {
      const code = error.code === 'launch_failed' || error.code === 'unavailable' ? error.code : 'failed'
      yield answer('failed', { code, message: unchanged(error) })
    } else throw error
  }
}

function unchanged({ message }: Error): string {
  return `nothing was changed: ${message}`
}
