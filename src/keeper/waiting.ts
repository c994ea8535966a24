/** Waiting for all of several things, or for one only so long. */

/** All are waited for; then the first that failed is the answer. */
export async function settleAll(orders: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(orders)) if (one.status === 'rejected') throw one.reason
}

/** Resolves with the work, or after `ms`, whichever is first; rejects as the work does. */
export async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(settle => {
    timer = setTimeout(settle, ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
