/** `metrics.listen` of a config file. */

import { EspalierError } from '../../protocol/failures.js'
import { type MetricsAddress, parseMetricsAddress } from '../metrics/address.js'
import type { Complain } from './fields.js'

/** The address, or null with a complaint. */
export function readMetricsAddress(value: unknown, complain: Complain): MetricsAddress | null {
  try {
    return parseMetricsAddress(value)
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    complain([], error.message)
    return null
  }
}
