/** The hooks of a daemon's services: which event is whose occasion. They never hold anything up. */

import type { EspalierEvent } from '../../../protocol/events.js'
import type { HookKind, Hooks as HooksConfig } from '../../config/types.js'
import { Hook } from './hook.js'
import { runProgram } from './program.js'

/** How long hooks may go on when the daemon ends, in ms; then they are ended. */
const CLOSE_MS = 5000

export interface HooksOptions {
  /** Of which they get the base environment. */
  readonly env: Readonly<Record<string, string>>
  readonly onTrouble: (message: string) => void
}

/** What of a service's config they need. */
export interface HookedService {
  readonly name: string
  readonly cwd: string
  readonly on?: HooksConfig
}

export class Hooks {
  private readonly options: HooksOptions
  private readonly services = new Map<string, ReadonlyMap<HookKind, Hook>>()
  /** Those of a config before that still run. */
  private replaced: Hook[] = []
  private readonly ending = new AbortController()

  constructor(options: HooksOptions) {
    this.options = options
  }

  /** From here on this is what happens for a service; what runs goes on. */
  set({ name, cwd, on }: HookedService): void {
    const hooks = new Map<HookKind, Hook>()
    for (const [kind, command] of on?.commands ?? []) {
      const program = { command, cwd, service: name, kind, env: this.options.env, timeoutMs: on?.timeoutMs ?? 0 }
      const hook = new Hook(async occasion => {
        const trouble = await runProgram(program, occasion, this.ending.signal)
        if (trouble !== null) this.options.onTrouble(`the hook ${kind} of ${name} ${trouble}`)
      })
      hooks.set(kind, hook)
    }
    const before = [...(this.services.get(name)?.values() ?? [])]
    this.replaced = [...this.replaced, ...before].filter(hook => hook.isBusy)
    this.services.set(name, hooks)
  }

  hear(event: EspalierEvent): void {
    const kind = kindOf(event)
    if (kind !== null) this.services.get(event.service)?.get(kind)?.hear(event)
  }

  /** Resolves when all have run, or were ended 5 s later. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.ending.abort(), CLOSE_MS)
    const hooks = [...this.services.values()].flatMap(ofService => [...ofService.values()])
    await Promise.all([...hooks, ...this.replaced].map(hook => hook.idle()))
    clearTimeout(timer)
  }
}

/** Whose occasion an event is; null: nobody's. */
function kindOf(event: EspalierEvent): HookKind | null {
  switch (event.kind) {
    case 'spawn_refused':
      return 'refused'
    case 'child_exited':
    case 'root_exited':
      return 'exited'
    case 'limit_overrun':
      return 'limit_overrun'
    case 'termination_due':
      return event.reason === 'quota' ? 'quota' : null
    default:
      return null
  }
}
