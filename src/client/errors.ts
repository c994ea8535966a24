/** How a call to a daemon can fail. Refusals of a limit are `SpawnDenied`, not these. */

import type { WireFailureCode } from '../../protocol/wire/answers.js'

/** `unreachable`: no daemon answers there. `timeout`: it did not answer in time. The rest are the daemon's own words. */
export type ClientErrorCode = 'unreachable' | 'timeout' | 'no_service' | WireFailureCode

/** A call that was not answered as asked. */
export class ClientError extends Error {
  readonly code: ClientErrorCode

  constructor(code: ClientErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'ClientError'
    this.code = code
  }
}
