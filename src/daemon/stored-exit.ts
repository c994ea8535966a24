/** An exit that is held back where it came from until it is stored. */

export interface StoredExit {
  /** For `LaunchedProcess.holdExit`. Resolves when the exit is stored, or when there is none to be stored. */
  readonly stored: Promise<void>
  release(): void
}

/** One that is held. Whoever makes it releases it, whatever happens: an exit that is held for ever holds all that follow. */
export function holdExit(): StoredExit {
  let release: () => void = () => undefined
  const stored = new Promise<void>(settle => {
    release = settle
  })
  return { stored, release: () => release() }
}
