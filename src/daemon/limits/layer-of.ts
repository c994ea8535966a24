/** The limits of a config as a layer. */

import type { LimitLayer } from '../../../protocol/limit-layers.js'
import type { ServiceRun } from '../context.js'

/** What the config of a service gives, with its lines. */
export function layerOf({ limits, limitOrigins }: ServiceRun): LimitLayer {
  return { limits, origins: limitOrigins ?? {} }
}
