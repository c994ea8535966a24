/** Errors of every kind as an exit code and words for people. */

import { EspalierError, SpawnDenied } from '../../protocol/failures.js'
import { ClientError } from '../client/errors.js'
import { ConfigError } from '../config/types.js'
import { RuntimeDirectoryError } from '../control/paths.js'
import { harmless } from '../terminal/harmless.js'
import { EXIT } from './exit-codes.js'

/** A command line that cannot be meant. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** The exit code of an error, and its lines; each is safe for a terminal. */
export function describeFailure(error: unknown): { readonly code: number; readonly lines: readonly string[] } {
  const message = error instanceof Error ? error.message : String(error)
  const lines = message.split('\n').map((line, i) => `${i === 0 ? 'espalier: ' : '  '}${harmless(line)}`)
  return { code: codeOf(error), lines }
}

function codeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof RuntimeDirectoryError) return EXIT.usage
  if (error instanceof ConfigError) return EXIT.badConfig
  if (error instanceof SpawnDenied) return EXIT.refused
  if (error instanceof EspalierError) return error.code === 'timeout' ? EXIT.timeout : EXIT.failure
  if (!(error instanceof ClientError)) return EXIT.failure
  switch (error.code) {
    case 'unreachable':
      return EXIT.unreachable
    case 'bad_config':
      return EXIT.badConfig
    case 'timeout':
      return EXIT.timeout
    case 'not_found':
      return EXIT.notFound
    case 'no_service':
      return EXIT.usage
    default:
      return EXIT.failure
  }
}
