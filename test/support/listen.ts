/** Collects events so that an example can wait for one instead of sleeping. */

import type { EspalierEvent, EventKind } from '../../protocol/events.js'
import type { Supervisor } from '../../src/index.js'

type EventOf<K extends EventKind> = Extract<EspalierEvent, { readonly kind: K }>

/** What was heard so far. */
export interface Listener {
  readonly heard: readonly EspalierEvent[]
  /** Resolves to the first event that matches, heard already or still to come; rejects after `DEADLINE_MS`. */
  first<K extends EventKind>(kind: K, matches?: (event: EventOf<K>) => boolean): Promise<EventOf<K>>
  /** Everything of this kind up to now. Make sure of "now" with `settle`. */
  all<K extends EventKind>(kind: K): EventOf<K>[]
  /** Resolves when every event of what `pid`'s service did before has been heard: asks for a spawn and waits for its event. */
  settle(pid: number): Promise<void>
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>
  stop(): void
}

/** A condition that has not come true by then fails its test, in ms. */
const DEADLINE_MS = 60_000

let fences = 0

/** Subscribes now. */
export function listen(supervisor: Supervisor, since?: Readonly<Record<string, number>>): Listener {
  const heard: EspalierEvent[] = []
  const stop = new AbortController()
  const waiting = new Set<() => void>()
  const events = supervisor.events({ signal: stop.signal, ...(since === undefined ? {} : { since }) })
  const ended = collect(events, heard, waiting)

  const until = async <T>(find: () => T | undefined, what: string): Promise<T> => {
    const deadline = Date.now() + DEADLINE_MS
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`no ${what} within ${DEADLINE_MS} ms; heard ${JSON.stringify(heard.slice(-20))}`)
      await nextEvent(waiting, left)
    }
  }
  const ofKind = <K extends EventKind>(kind: K): EventOf<K>[] =>
    heard.filter((event): event is EventOf<K> => event.kind === kind)

  return {
    heard,
    all: ofKind,
    first: (kind, matches = () => true) => until(() => ofKind(kind).find(matches), kind),
    async settle(pid) {
      const childName = `fence-${++fences}`
      await supervisor.authorizeSpawn(pid, childName)
      await until(() => heard.find(event => 'childName' in event && event.childName === childName), childName)
    },
    ended,
    stop: () => stop.abort(),
  }
}

async function collect(
  events: AsyncIterable<EspalierEvent>,
  heard: EspalierEvent[],
  waiting: Set<() => void>,
): Promise<void> {
  for await (const event of events) {
    heard.push(event)
    for (const wake of waiting) wake()
  }
}

async function nextEvent(waiting: Set<() => void>, ms: number): Promise<void> {
  await new Promise<void>(resolve => {
    const wake = () => {
      clearTimeout(timer)
      waiting.delete(wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    waiting.add(wake)
  })
}
