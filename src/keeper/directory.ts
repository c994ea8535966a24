/** Where keepers live: a private folder, and in it one for each service. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AbandonPolicy } from '../launch.js'

/** Before the name of a service, which may be `..`, in the name of its folder. */
export const KEEPER_PREFIX = 'keeper-'

/** What a keeper does when no daemon is linked to it. */
export type KeeperPolicy = AbandonPolicy

/** Folders of keepers: in a runtime directory they stay for the next daemon, in one of our own they go with their keepers. */
export interface KeeperHome {
  readonly isEphemeral: boolean
  readonly policy: KeeperPolicy
  /** The folder of a service's keeper; made, 0700, when it is not there. */
  folderOf(service: string): string
  /** To be called when no keeper is left. */
  putAway(): void
}

/** Of a supervisor embedded in a program that dies: nobody will look for its processes. */
const EMBEDDED: KeeperPolicy = { abandonMs: 10_000, keep: false, graceMs: 5000 }

/** Of `espalier run`: it may be started again. */
const RUN: KeeperPolicy = { abandonMs: 60_000, keep: false, graceMs: 5000 }

/** Folders below the system's folder for temporary files, made at first use. */
export function temporaryHome(policy: KeeperPolicy = EMBEDDED): KeeperHome {
  let top: string | null = null
  return {
    isEphemeral: true,
    policy,
    folderOf(service) {
      // Always a new name: one that was given up may be anybody's by now.
      top ??= mkdtempSync(join(tmpdir(), 'espalier-'))
      return folder(top, service)
    },
    putAway() {
      // A keeper removes its own folder, unless it was killed.
      if (top !== null) rmSync(top, { recursive: true, force: true })
      top = null
    },
  }
}

/** Folders in a daemon's private runtime directory. */
export function runtimeHome(directory: string, policy: KeeperPolicy = RUN): KeeperHome {
  return {
    isEphemeral: false,
    policy,
    folderOf: service => folder(directory, service),
    putAway: () => undefined,
  }
}

function folder(top: string, service: string): string {
  const path = join(top, KEEPER_PREFIX + service)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return path
}
