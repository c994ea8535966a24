/** A supervisor on a manual clock in each of the ways it can run, so that one example proves all of them. */

import type { Test } from 'tap'
import { createSupervisor, type Supervisor } from '../../src/index.js'
import { createInlineSupervisor, manualClock } from '../../src/testing.js'

/** In the caller's thread, or on this many host threads. */
export const PLACES = ['inline', '1 host', '2 hosts'] as const
export type Place = (typeof PLACES)[number]

/** What an example gets. The supervisor is closed when the example has ended. */
export interface World {
  readonly place: Place
  readonly supervisor: Supervisor
  readonly clock: ReturnType<typeof manualClock>
}

/** A new supervisor at clock 0. The caller closes it. */
export function openWorld(place: Place): World {
  const clock = manualClock()
  const supervisor =
    place === 'inline'
      ? createInlineSupervisor({ clock })
      : createSupervisor({ clock, hosts: place === '1 host' ? 1 : 2 })
  return { place, supervisor, clock }
}

/** Runs one example inline and on threads; each run has a supervisor of its own. */
export function everywhere(
  t: Test,
  title: string,
  example: (t: Test, world: World) => Promise<void>,
  places: readonly Place[] = ['inline', '2 hosts'],
): void {
  for (const place of places) {
    t.test(`${title} (${place})`, async t => {
      const world = openWorld(place)
      t.teardown(() => world.supervisor.close())
      await example(t, world)
    })
  }
}
