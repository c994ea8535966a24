/** Who listens to the lines that the roots of services write, beside the sink to which they go. */

export interface LineListeners {
  /** Hears each line of the service's roots, both outputs, until the answer is called. A line may be a piece of a longer one. */
  add(service: string, listener: (line: string) => void): () => void
  /** Passes a line on. */
  tell(service: string, line: string): void
}

/** Nobody listens yet. */
export function createLineListeners(): LineListeners {
  const listeners = new Map<string, Set<(line: string) => void>>()
  return {
    add(service, listener) {
      const ours = listeners.get(service) ?? new Set()
      listeners.set(service, ours)
      ours.add(listener)
      return () => {
        ours.delete(listener)
        if (ours.size === 0 && listeners.get(service) === ours) listeners.delete(service)
      }
    },
    tell(service, line) {
      for (const listener of listeners.get(service) ?? []) listener(line)
    },
  }
}
