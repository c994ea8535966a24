/** A config that is to run on this host: what it names of the host must be there. */

import { EspalierError } from '../../protocol/failures.js'
import { serviceUser } from '../os/users.js'
import type { Finding, Path } from './document.js'
import { loadPlaced } from './load.js'
import { configError } from './parse.js'
import type { Config } from './types.js'

/**
 * As `loadConfig`, and the user of each service exists here.
 * @throws {ConfigError} as `loadConfig` does, and for every service whose user does not
 */
export async function loadRunnable(file: string): Promise<Config> {
  const { config, document } = await loadPlaced(file)
  const findings: Finding[] = []
  for (const { name, user } of config.services) {
    const message = user === undefined ? null : await problemOf(name, user)
    const path: Path = ['services', name, 'user']
    if (message !== null) findings.push({ path, message, offset: document.offsetOf(path) })
  }
  if (findings.length > 0) throw configError(file, document, findings)
  return config
}

async function problemOf(service: string, user: string): Promise<string | null> {
  try {
    await serviceUser(service, user)
    return null
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    return error.message
  }
}
