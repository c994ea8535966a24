/** Hearing that a caller's signal is aborted: one listener a signal, however many wait for it. */

/** Those who wait for one signal. */
interface Crowd {
  readonly hearers: Set<() => void>
  readonly tell: () => void
}

/** An entry as long as anybody waits. */
const crowds = new WeakMap<AbortSignal, Crowd>()

/**
 * Calls `hear` once when the signal is aborted, and never where it was aborted before. `hear` must not throw.
 * With a listener for each, Node would warn of a leak from the eleventh on.
 * @returns ends the hearing, for a signal may live for ever; may be called again, and after the abort
 */
export function onAbort(signal: AbortSignal, hear: () => void): () => void {
  const crowd = crowds.get(signal) ?? gather(signal)
  // So that one function given twice counts twice.
  const hearer = () => hear()
  crowd.hearers.add(hearer)
  return () => {
    if (!crowd.hearers.delete(hearer) || crowd.hearers.size > 0) return
    // Once aborted it was left already, and another crowd may be there.
    if (crowds.get(signal) === crowd) leave(signal, crowd)
  }
}

function gather(signal: AbortSignal): Crowd {
  const crowd: Crowd = {
    hearers: new Set(),
    tell: () => {
      leave(signal, crowd)
      // Who is ended meanwhile by another is passed over.
      for (const hear of crowd.hearers) hear()
    },
  }
  crowds.set(signal, crowd)
  signal.addEventListener('abort', crowd.tell)
  return crowd
}

function leave(signal: AbortSignal, crowd: Crowd): void {
  crowds.delete(signal)
  signal.removeEventListener('abort', crowd.tell)
}
