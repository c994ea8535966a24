/** A config file from the disk. Who needs it imports this lazily: it alone brings in the YAML reader and the shapes. */

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { parseEnvFile } from './env-file.js'
import { type PlacedConfig, parsePlaced } from './parse.js'
import { type Config, ConfigError, type ServiceConfig } from './types.js'

/** Longest config file, in bytes: 1 MiB. */
const FILE_BYTES_MAX = 1024 * 1024

/**
 * Reads and checks the config in `file`.
 * @throws {ConfigError} when it cannot be read, is no regular file, is longer than 1 MiB or not UTF-8, and for all that is wrong in it.
 */
export async function loadConfig(file: string): Promise<Config> {
  return (await loadPlaced(file)).config
}

/** A config, where everything in it stands, and the file of each variable of a service (by its name) that came out of one. */
export interface LoadedConfig extends PlacedConfig {
  readonly variableFiles: ReadonlyMap<string, ReadonlyMap<string, string>>
}

/**
 * As `loadConfig`, with where everything stands.
 * @throws {ConfigError} as `loadConfig` does
 */
export async function loadPlaced(file: string): Promise<LoadedConfig> {
  const { config, document } = parsePlaced(decode(await read(file), file), file)
  const variableFiles = new Map<string, ReadonlyMap<string, string>>()
  const services = await Promise.all(
    config.services.map(async service => {
      const files = new Map<string, string>()
      variableFiles.set(service.name, files)
      return await withEnvFiles(service, files)
    }),
  )
  return { config: { ...config, services }, document, variableFiles }
}

/** The variables of its files below its own; `files` hears which variable is of which file. */
async function withEnvFiles(service: ServiceConfig, files: Map<string, string>): Promise<ServiceConfig> {
  if (service.envFiles === undefined) return service
  const env: Record<string, string> = {}
  for (const file of service.envFiles) {
    const variables = parseEnvFile(decode(await read(file), file), file)
    Object.assign(env, variables)
    for (const name of Object.keys(variables)) files.set(name, file)
  }
  for (const name of Object.keys(service.env)) files.delete(name)
  return { ...service, env: { ...env, ...service.env } }
}

async function read(file: string): Promise<Uint8Array> {
  let handle: Awaited<ReturnType<typeof open>> | null = null
  try {
    // Without O_NONBLOCK the open of a fifo would wait for its writer, perhaps for ever.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await handle.stat()
    if (!stat.isFile()) throw unreadable(file, 'it is not a regular file; give the path of one')
    const buffer = new Uint8Array(FILE_BYTES_MAX + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) return buffer.subarray(0, length)
      length += bytesRead
    }
    throw unreadable(file, `it is longer than ${FILE_BYTES_MAX} bytes; split it, or drop what is not needed`)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const code = (error as NodeJS.ErrnoException).code
    if (code === undefined) throw error
    throw unreadable(
      file,
      code === 'ENOENT' ? 'there is no such file; name another with -c' : `it cannot be read (${code})`,
      error,
    )
  } finally {
    await handle?.close()
  }
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw unreadable(file, 'it is not UTF-8 text; save it as UTF-8', error)
  }
}

function unreadable(file: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ file, line: 0, column: 0, key: '', message }], { cause })
}
