/** Metrics over HTTP for scrapers on this machine. Whoever connects is hostile: everything has a bound and a deadline. */

import { lstatSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { EspalierError } from '../../protocol/failures.js'
import { type MetricsAddress, showMetricsAddress } from './address.js'
import { METRICS_TYPE } from './families.js'

/** Connections at once; one more is closed. */
const CONNECTIONS_MAX = 16

/** How long a request may take to arrive, the figures to be gathered, and the answer to be taken, in ms each. */
const DEADLINE_MS = 5000

/** Bytes of the head of a request. */
const HEAD_BYTES_MAX = 8192

/** Hosts by which this machine calls itself: any other name came from a page that had it point here. */
const OWN_HOSTS = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i

export interface MetricsServer {
  /** With the port that was given where 0 was asked for. */
  readonly address: MetricsAddress
  /** Cuts what is under way; removes its socket. */
  close(): Promise<void>
}

/**
 * Serves what `gather` gives at `/metrics`; one gathering at a time, whoever asks meanwhile shares it.
 * @throws {EspalierError} `unavailable` when it cannot listen there
 */
export async function serveMetrics(address: MetricsAddress, gather: () => Promise<string>): Promise<MetricsServer> {
  if (address.kind === 'unix') await clearPath(address.path)
  const once = shared(gather)
  const server = createServer(
    {
      maxHeaderSize: HEAD_BYTES_MAX,
      headersTimeout: DEADLINE_MS,
      requestTimeout: DEADLINE_MS,
      keepAliveTimeout: DEADLINE_MS,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      response.setTimeout(DEADLINE_MS, () => response.destroy())
      // Its reader has gone.
      response.on('error', () => response.destroy())
      answer(request, response, address, once)
    },
  )
  server.maxConnections = CONNECTIONS_MAX
  await listen(server, address)
  const port = portOf(server)
  return {
    address: address.kind === 'tcp' && port !== null ? { ...address, port } : address,
    close: () =>
      new Promise(settle => {
        server.close(() => settle())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  { method, url = '', headers }: IncomingMessage,
  response: ServerResponse,
  address: MetricsAddress,
  gather: () => Promise<string>,
): Promise<void> {
  const say = (status: number, text: string, type = 'text/plain; charset=utf-8') => {
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
    response.end(method === 'HEAD' ? '' : text)
  }
  if (address.kind === 'tcp' && !OWN_HOSTS.test(headers.host ?? '')) {
    return say(403, 'ask by the name localhost, or the address\n')
  }
  if (url.split('?')[0] !== '/metrics') return say(404, 'metrics are at /metrics\n')
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return say(405, 'metrics are read with GET\n')
  }
  try {
    say(200, await within(DEADLINE_MS, gather()), METRICS_TYPE)
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    say(503, `${error.message}\n`)
  }
}

function shared<T>(gather: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | null = null
  return () => {
    underWay ??= gather().finally(() => {
      underWay = null
    })
    return underWay
  }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((settle, fail) => {
    const late = () => fail(new EspalierError('timeout', `the figures were not gathered within ${ms} ms; ask again`))
    const timer = setTimeout(late, ms)
    work.then(settle, fail).finally(() => clearTimeout(timer))
  })
}

function listen(server: Server, address: MetricsAddress): Promise<void> {
  return new Promise((settle, fail) => {
    server.once('error', error => fail(cannotListen(address, error)))
    server.once('listening', () => {
      server.removeAllListeners('error')
      // An accept that fails (no descriptor left) is the scraper's failure.
      server.on('error', () => undefined)
      settle()
    })
    if (address.kind === 'tcp') {
      server.listen({ host: address.host, port: address.port, exclusive: true })
      return
    }
    // Node binds within the call: the socket is never open to others.
    const umask = process.umask(0o177)
    try {
      server.listen({ path: address.path })
    } finally {
      process.umask(umask)
    }
  })
}

/** Removes the socket of one who has died; anything else stays, and is an error. */
async function clearPath(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (!stat.isSocket()) throw cannotListen({ kind: 'unix', path }, new Error('something that is no socket is there'))
  if (await isAnswered(path)) throw cannotListen({ kind: 'unix', path }, new Error('somebody listens there'))
  rmSync(path, { force: true })
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise(settle => {
    const probe = connect(path)
    const end = (answered: boolean) => {
      probe.destroy()
      settle(answered)
    }
    probe.once('connect', () => end(true))
    probe.once('error', error => end(!('code' in error && error.code === 'ECONNREFUSED')))
    // One that is too busy to answer is there.
    probe.setTimeout(1000, () => end(true))
  })
}

function portOf(server: Server): number | null {
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : null
}

function cannotListen(address: MetricsAddress, cause: Error): EspalierError {
  return new EspalierError(
    'unavailable',
    `metrics cannot be served at ${showMetricsAddress(address)}: ${cause.message}; choose another address, or free this one`,
    { cause },
  )
}
