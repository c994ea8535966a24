/** What processes of a service are answered where nobody listens to them. */

import { answer } from '../../protocol/wire/answers.js'
import { encodeFrame } from '../../protocol/wire/frames.js'
import type { Ask } from '../launch.js'

/** A supervisor without a daemon hears nobody. */
export function turnDown(ask: Ask): void {
  const message = 'nobody answers requests for this service: it is embedded in a program that spawns by itself'
  ask.answer(new TextEncoder().encode(encodeFrame(answer('failed', { code: 'unavailable', message }))), true)
}
