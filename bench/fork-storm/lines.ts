/** The lines of the case `fork-storm`: which processes run side by side, and what they are told. */

import type { CaseOptions } from '../harness/case.js'
import { peerPath } from '../harness/peers.js'
import type { Trial } from '../harness/trial.js'
import { cCompiler } from './compiler.js'
import { isHeld } from './held.js'
import { IN_MEMORY, ON_DISK } from './kept-ways.js'
import { LAUNCHER_VARIABLE, launchers } from './launchers.js'
import { BARE } from './ways.js'

/** Services that fork to their limits. */
export interface Storm {
  readonly what: 'storm'
  readonly services: number
  /** Children that a service may have at once. */
  readonly children: number
  /** MiB of buffers in the process that spawns. */
  readonly ballastMib: number
}

/** Children of one service, brought up and down. */
export interface Population {
  readonly what: 'population'
  readonly children: number
}

/** Children of which one after another is killed. */
export interface Exits {
  readonly what: 'exits'
  /** How many are alive meanwhile. */
  readonly children: number
}

/** One service of a daemon, which forks through its socket, with and without a disk to store it on. */
export interface Kept {
  readonly what: 'kept'
  /** Askers at once. */
  readonly children: number
}

/** Services that fork through their sockets while one of them is hostile, each limit looked at. */
export interface Hostile {
  readonly what: 'hostile'
  readonly services: number
  readonly children: number
}

/** Somebody who asks beside a fork bomb. */
export interface Bystander {
  readonly what: 'bystander'
}

/** A daemon whose services do nothing. */
export interface Standing {
  readonly what: 'standing'
  readonly services: number
}

export interface Line {
  readonly shape: Storm | Population | Exits | Kept | Hostile | Bystander | Standing
  readonly trials: readonly Trial[]
}

/** What everything else is compared with. */
export const BASELINE: string = Object.keys(BARE)[0]

const STORM = new URL('./storm.js', import.meta.url)
const POSIX_SPAWN = new URL('./posix-spawn.js', import.meta.url)
const EXITS = new URL('./exits.js', import.meta.url)
const POPULATION = new URL('./population.js', import.meta.url)
const KEPT = new URL('./kept.js', import.meta.url)
const HOSTILE = new URL('./hostile.js', import.meta.url)
const BYSTANDER = new URL('./bystander.js', import.meta.url)
const STANDING = new URL('./standing.js', import.meta.url)
const PM2 = new URL('./pm2.js', import.meta.url)

/** The round of a storm in which nobody is hostile. */
export const PEACEFUL = 'none'
const BOMB = 'bomb'

const HEADLINE: Storm = { what: 'storm', services: 20, children: 5, ballastMib: 0 }
/** One service and two, each with a keeper of its own: what one and two of them can do at most. */
const ALONE: readonly Storm[] = [1, 2].map(services => ({ ...HEADLINE, services, children: 64 / services }))
const STORMS = {
  quick: [HEADLINE],
  grid: [HEADLINE],
  full: [HEADLINE, ...ALONE, { ...HEADLINE, services: 50, children: 40 }, { ...HEADLINE, ballastMib: 1024 }],
} as const
const KEPT_CHILDREN = 16
const STORM_MS = { quick: 1_000, grid: 1_500, full: 4_000 } as const
const HOSTILES = {
  quick: { services: 3, children: 4, forMs: 3_000 },
  grid: null,
  full: { services: 50, children: 40, forMs: 20_000 },
} as const
/** What is hostile in each round of `examples/storm`; with the first nothing is. */
const HOSTILE_KINDS = [PEACEFUL, BOMB, 'deaf', 'eater', 'flooder']
/** A bomb that is served as soon as everybody, and one that is served last. */
const BOMB_NICES = [0, 19]
const LISTEN_MS = { quick: 500, grid: 1_500, full: 4_000 } as const
const POPULATIONS = { quick: [100], grid: [500], full: [100, 500] } as const
const EXIT_POPULATIONS = { quick: [100], grid: [], full: [100, 1000, 3000] } as const
const STANDING_SERVICES = 10
/** Before it is measured, and while it is. */
const STANDING_MS = { quick: 1_000, grid: 5_000, full: 20_000 } as const
/** The C program beside the storms. */
export const AT_MOST = 'posix_spawn in C'

export function linesOf({ size }: CaseOptions): Line[] {
  const hostile = HOSTILES[size]
  // Without the kernel nothing stops a bomb.
  const isBombHeld = isHeld('tasks')
  const bare = size === 'full' ? Object.keys(BARE) : [BASELINE]
  return [
    ...STORMS[size].map(shape => ({
      shape,
      trials: [...launchers(), ...bare, ...(cCompiler() === null ? [] : [AT_MOST])].map(name =>
        trial(
          name,
          name === AT_MOST ? POSIX_SPAWN : STORM,
          STORM_MS[size],
          shape.services,
          shape.children,
          shape.ballastMib,
        ),
      ),
    })),
    {
      shape: { what: 'kept', children: KEPT_CHILDREN },
      trials: [IN_MEMORY, ON_DISK].map(name => trial(name, KEPT, STORM_MS[size], KEPT_CHILDREN)),
    },
    {
      shape: { what: 'standing', services: STANDING_SERVICES },
      trials: launchers().map(name => trial(name, STANDING, STANDING_SERVICES, STANDING_MS[size])),
    },
    ...POPULATIONS[size].map((children): Line => {
      const ours = [...launchers(), BASELINE].map(name => trial(name, POPULATION, children))
      const pm2 = { name: 'pm2', file: PM2, args: [String(children)] }
      return { shape: { what: 'population', children }, trials: isPm2There() ? [...ours, pm2] : ours }
    }),
    ...EXIT_POPULATIONS[size].map(children => ({
      shape: { what: 'exits' as const, children },
      trials: [...(size === 'full' ? launchers() : launchers().slice(0, 1)), BASELINE].map(name =>
        trial(name, EXITS, children),
      ),
    })),
    ...(hostile === null ? [] : [hostile]).map(({ services, children, forMs }) => ({
      shape: { what: 'hostile' as const, services, children },
      trials: HOSTILE_KINDS.filter(kind => kind !== BOMB || isBombHeld).map(kind =>
        trial(kind, HOSTILE, services, children, forMs),
      ),
    })),
    ...(isBombHeld ? [BOMB_NICES] : []).map(nices => ({
      shape: { what: 'bystander' as const },
      trials: nices.map(nice => trial(`bomb, nice ${nice}`, BYSTANDER, nice, LISTEN_MS[size])),
    })),
  ]
}

/** Whether pm2 is installed; without it the case runs all the same. */
export function isPm2There(): boolean {
  return peerPath('pm2') !== null
}

function trial(name: string, file: URL, ...args: readonly number[]): Trial {
  // The bystander of a bare way lives in a supervisor too.
  const launcher = launchers().includes(name) ? name : launchers()[0]
  return { name, file, args: [name, ...args.map(String)], env: { [LAUNCHER_VARIABLE]: launcher } }
}
