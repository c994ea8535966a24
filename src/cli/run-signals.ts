/** What Ctrl-C, SIGTERM and hang-up mean to a run. */

/** A second Ctrl-C within this time is the same one heard twice (npm passes it on, the terminal sends it too), in ms. */
export const SAME_PRESS_MS = 300

const ORDERS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface Orders {
  /** End everything, with grace. Once. */
  readonly stop: () => void
  /** End everything at once. */
  readonly kill: () => void
}

/** Listens until the answer is called: the first signal is `stop`, another Ctrl-C later than 300 ms is `kill`. */
export function hearSignals(orders: Orders): () => void {
  let firstAtMs: number | null = null
  const hear = (signal: NodeJS.Signals) => {
    const nowMs = performance.now()
    if (firstAtMs === null) {
      firstAtMs = nowMs
      orders.stop()
    } else if (signal === 'SIGINT' && nowMs - firstAtMs > SAME_PRESS_MS) orders.kill()
  }
  for (const signal of ORDERS) process.on(signal, hear)
  return () => {
    for (const signal of ORDERS) process.off(signal, hear)
  }
}
