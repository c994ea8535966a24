/** Where metrics may be served: on this machine only. */

import { EspalierError } from '../../protocol/failures.js'
import { show } from '../../protocol/show.js'

/** A loopback address, or the absolute path of a unix socket. */
export type MetricsAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** Longest path of a unix socket, in bytes (unix(7)). */
const PATH_BYTES_MAX = 107

const TCP = /^(\[::1\]|localhost|127(?:\.\d{1,3}){3}):(\d{1,5})$/

/**
 * Reads `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464` or `unix:/path`.
 * @throws {EspalierError} `invalid_input` for anything else: whoever reaches it may read it
 */
export function parseMetricsAddress(text: unknown): MetricsAddress {
  if (typeof text !== 'string') throw invalid(`${show(text)} is no address`)
  if (text.startsWith('unix:')) return { kind: 'unix', path: checkedPath(text.slice('unix:'.length)) }
  const [, host, digits] = TCP.exec(text) ?? []
  if (host === undefined || host.split('.').some(part => Number(part) > 255)) {
    throw invalid(`${show(text)} is not an address of this machine alone`)
  }
  const port = Number(digits)
  if (port < 1 || port > 65_535) throw invalid(`${show(text)} has port ${digits}, and ports are 1 to 65535`)
  return { kind: 'tcp', host: host === 'localhost' ? '127.0.0.1' : host.replace(/[[\]]/g, ''), port }
}

/** As it is written. */
export function showMetricsAddress(address: MetricsAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}

function checkedPath(path: string): string {
  const bytes = Buffer.byteLength(path)
  if (!path.startsWith('/') || path.includes('\0')) throw invalid(`${show(path)} is no absolute path`)
  if (bytes > PATH_BYTES_MAX)
    throw invalid(`the path ${show(path)} has ${bytes} bytes, and a socket's at most ${PATH_BYTES_MAX}`)
  return path
}

function invalid(problem: string): EspalierError {
  return new EspalierError(
    'invalid_input',
    `${problem}; metrics listen at 127.0.0.1:PORT, [::1]:PORT or unix:/PATH, and a proxy of yours may serve them further`,
  )
}
