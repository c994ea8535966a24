/**
 * The packages of `bench/package.json` as limiters, each with the options its documentation gives for ten a second. They are
 * not ours to depend on, so what we use of each is written here as a type, and they are loaded when asked for.
 */

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { LIMIT, type Limiter, perKey, WINDOW_MS } from './limiter.js'

/** The project's `bench` folder: this file lies in `dist/bench/rate-limiter`. */
export const BENCH_FOLDER = new URL('../../../bench/', import.meta.url)
const require = createRequire(new URL('package.json', BENCH_FOLDER))

export async function limiter(): Promise<Limiter> {
  const { RateLimiter } = await load<{ RateLimiter: new (options: object) => TokenLimiter }>('limiter')
  const limiters = perKey(() => new RateLimiter({ tokensPerInterval: LIMIT, interval: WINDOW_MS }))
  return {
    ask(key) {
      const limiter = limiters.of(key)
      return limiter.tryRemoveTokens(1) ? 0 : limiter.getWaitTime(1)
    },
    forget: limiters.forget,
  }
}

export async function rateLimiterFlexible(): Promise<Limiter> {
  const { RateLimiterMemory } = await load<{ RateLimiterMemory: new (options: object) => PointLimiter }>(
    'rate-limiter-flexible',
  )
  const limiter = new RateLimiterMemory({ points: LIMIT, duration: WINDOW_MS / 1000 })
  return {
    ask: key =>
      limiter.consume(String(key)).then(
        () => 0,
        (refusal: { readonly msBeforeNext: number }) => refusal.msBeforeNext,
      ),
    forget: key => void limiter.delete(String(key)),
  }
}

export async function bottleneck(): Promise<Limiter> {
  const { default: Bottleneck } = await load<{ default: new (options: object) => Scheduler }>('bottleneck')
  const options = { reservoir: LIMIT, reservoirRefreshAmount: LIMIT, reservoirRefreshInterval: WINDOW_MS }
  const limiters = perKey(() => new Bottleneck(options))
  return {
    ask: key => limiters.of(key).schedule(start),
    forget(key) {
      void limiters.of(key).disconnect()
      limiters.forget(key)
    },
  }
}

export async function pThrottle(isStrict: boolean): Promise<Limiter> {
  const { default: create } = await load<{
    default: (options: object) => (task: () => number) => () => Promise<number>
  }>('p-throttle')
  const throttled = perKey(() => create({ limit: LIMIT, interval: WINDOW_MS, strict: isStrict })(() => 0))
  return { ask: key => throttled.of(key)(), forget: throttled.forget }
}

export async function pQueue(isStrict: boolean): Promise<Limiter> {
  const { default: PQueue } = await load<{ default: new (options: object) => TaskQueue }>('p-queue')
  const queues = perKey(() => new PQueue({ intervalCap: LIMIT, interval: WINDOW_MS, strict: isStrict }))
  return { ask: key => queues.of(key).add(start), forget: queues.forget }
}

async function start(): Promise<number> {
  return 0
}

async function load<T>(name: string): Promise<T> {
  return import(pathToFileURL(require.resolve(name)).href)
}

interface TokenLimiter {
  tryRemoveTokens(count: number): boolean
  getWaitTime(count: number): number
}

interface PointLimiter {
  consume(key: string): Promise<unknown>
  delete(key: string): Promise<boolean>
}

interface Scheduler {
  schedule(task: () => Promise<number>): Promise<number>
  disconnect(): Promise<void>
}

interface TaskQueue {
  add(task: () => Promise<number>): Promise<number>
}
