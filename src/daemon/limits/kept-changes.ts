/** `limits.json` in the runtime directory: limits that were set while services ran, for the daemon that takes them over. */

import { closeSync, constants, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { EspalierError } from '../../../protocol/failures.js'
import { isName } from '../../../protocol/ids.js'
import { LIMIT_NAMES, type LimitLayer, type LimitName, type LimitOrigin } from '../../../protocol/limit-layers.js'
import { parseLimits } from '../../../protocol/limit-parse.js'
import type { LimitsInput } from '../../../protocol/limits.js'

/** Version of the file (docs/adr/0020-set-limits.md). */
const VERSION = 1

const NOTHING: LimitLayer = { limits: {}, origins: {} }

export interface KeptChanges {
  /** What was set in a service; empty when nothing was. */
  of(service: string): LimitLayer
  /** On the disk when it returns. @throws {EspalierError} `unavailable`; then what was kept before is kept still */
  keep(service: string, layer: LimitLayer): void
  /** What cannot be written is told, not thrown. */
  drop(services: readonly string[]): void
}

/** What a daemon before this one kept, read when first asked for; a damaged file is told to `trouble` and counts as none. Its folder is locked by the caller. */
export function openKeptChanges(path: string, trouble: (message: string) => void): KeptChanges {
  let there: Map<string, LimitLayer> | null = null
  const all = () => {
    there ??= read(path, trouble)
    return there
  }
  const write = () => {
    if (all().size === 0) rmSync(path, { force: true })
    else replaceFile(path, JSON.stringify({ v: VERSION, services: Object.fromEntries(all()) }))
  }
  const put = (service: string, layer: LimitLayer | undefined) => {
    if (layer === undefined || Object.keys(layer.limits).length === 0) all().delete(service)
    else all().set(service, layer)
  }
  return {
    of: service => all().get(service) ?? NOTHING,
    keep(service, layer) {
      const before = all().get(service)
      put(service, layer)
      try {
        write()
      } catch (error) {
        put(service, before)
        if (!isSystemError(error)) throw error
        const message = `limits of ${service} cannot be kept in ${JSON.stringify(path)} (${error.message}), so nothing was changed`
        throw new EspalierError('unavailable', message, { cause: error })
      }
    },
    drop(services) {
      const held = services.filter(service => all().delete(service))
      if (held.length === 0) return
      try {
        write()
      } catch (error) {
        if (!isSystemError(error)) throw error
        trouble(`limits that were set cannot be dropped from ${JSON.stringify(path)}: ${error.message}`)
      }
    },
  }
}

/** Whole or not at all, after a loss of power too. */
function replaceFile(path: string, text: string): void {
  const next = `${path}.new`
  const file = openSync(next, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(next, path)
  const folder = openSync(dirname(path), constants.O_RDONLY)
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function read(path: string, trouble: (message: string) => void): Map<string, LimitLayer> {
  try {
    return parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return new Map()
    if (!(error instanceof Error)) throw error
    trouble(
      `limits that were set are lost, as ${JSON.stringify(path)} cannot be used (${error.message}): those of the config hold`,
    )
    return new Map()
  }
}

function parse(value: unknown): Map<string, LimitLayer> {
  const { v, services } = value as { readonly v?: unknown; readonly services?: unknown }
  if (v !== VERSION) throw new SyntaxError(`its version is ${String(v)}, and ${VERSION} is understood`)
  if (typeof services !== 'object' || services === null) throw new SyntaxError('it has no services')
  return new Map(
    Object.entries(services).map(([name, layer]) => {
      if (!isName(name)) throw new SyntaxError('a service has a name that none can have')
      const { limits, origins } = layer as LimitLayer
      parseLimits(limits)
      const known = LIMIT_NAMES.filter(limit => limits[limit] != null)
      return [name, { limits: limits as LimitsInput, origins: Object.fromEntries(known.map(originOf(origins))) }]
    }),
  )
}

function originOf(origins: LimitLayer['origins'] | undefined) {
  return (name: LimitName): [LimitName, LimitOrigin] => {
    const origin = origins?.[name]
    const atMs = origin !== undefined && 'atMs' in origin && Number.isSafeInteger(origin.atMs) ? origin.atMs : null
    if (origin?.from === 'command' && typeof origin.command === 'string') {
      return [name, { from: 'command', command: origin.command, atMs }]
    }
    return [name, { from: 'api', atMs }]
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
