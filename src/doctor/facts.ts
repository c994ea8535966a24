/** What this host is, as far as what can be enforced depends on it. */

import { existsSync } from 'node:fs'
import { release } from 'node:os'
import { hasKeeper, keeperProgram } from '../keeper/program.js'
import { type LauncherName, launcherName } from '../launcher/choose.js'
import { type Cgroup, readCgroups } from '../os/cgroup-places.js'
import { readIdentity } from '../os/process.js'
import { readText } from '../os/text.js'

export interface HostFacts {
  /** As Node names it: `linux`, `darwin`. */
  readonly platform: string
  /** Of the kernel: `6.1.0-28-amd64`. */
  readonly release: string
  readonly keeper: 'ready' | 'not_executable' | 'not_built'
  readonly keeperPath: string
  readonly launcher: LauncherName
  readonly uid: number
  /** Root, and the kernel lets this root become others. */
  readonly canSwitchUsers: boolean
  /** The kernel lets this process be less to be killed for memory than it was. */
  readonly canBeProtected: boolean
  /** Processes of other users can be read in `/proc`. */
  readonly seesOthers: boolean
  readonly cgroups: readonly Cgroup[]
  /** Null where the kernel does not say. */
  readonly pidMax: number | null
  /** Descriptors that this process may have; null as above. */
  readonly openFilesMax: number | null
}

// Bits in the sets of capabilities(7).
/** CAP_SETGID and CAP_SETUID. */
const SWITCHING = 0b1100_0000n
/** CAP_SYS_RESOURCE. */
const RESOURCE = 1n << 24n

/** Reads them now. @throws {EspalierError} `invalid_input`, `unavailable` as `launcherName` */
export function readHost(): HostFacts {
  const uid = process.getuid?.() ?? -1
  return {
    platform: process.platform,
    release: release(),
    keeper: hasKeeper() ? 'ready' : existsSync(keeperProgram()) ? 'not_executable' : 'not_built',
    keeperPath: keeperProgram(),
    launcher: launcherName(),
    uid,
    canSwitchUsers: uid === 0 && (capabilities() & SWITCHING) === SWITCHING,
    canBeProtected: (capabilities() & RESOURCE) !== 0n,
    seesOthers: readIdentity(1) !== null,
    cgroups: readCgroups(),
    pidMax: numberIn('/proc/sys/kernel/pid_max', /^(\d+)/),
    openFilesMax: numberIn('/proc/self/limits', /^Max open files +(\d+)/m),
  }
}

/** The effective set; none where the kernel does not say. */
function capabilities(): bigint {
  const found = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(readText('/proc/self/status'))
  return found === null ? 0n : BigInt(`0x${found[1]}`)
}

function numberIn(path: string, pattern: RegExp): number | null {
  const found = pattern.exec(readText(path))
  return found === null ? null : Number(found[1])
}
