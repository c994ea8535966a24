/** Campaign `escapes`: whatever a process does to get away, nothing of it survives the order that ends it or its service. */

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Campaign, type OpenCampaign, Violation } from '../campaign.js'
import { drawFrom } from '../draw.js'
import { Matrix } from '../escapes/matrix.js'
import { openPlaces, type Place } from '../escapes/place.js'
import { survivorsOf } from '../escapes/survivors.js'
import { ORDERS, WAYS } from '../escapes/ways.js'

/** Longest grace that is drawn, in ms. */
const GRACE_MAX_MS = 20

/** From the built file back to the source. */
const SOURCE = fileURLToPath(new URL('../../../../bench/soak/escapes/runaway.c', import.meta.url))

export const escapes: Campaign = {
  name: 'escapes',
  summary: `nothing survives the end of a subtree or a service in ${WAYS.length} ways to get away, as root and as an ordinary user`,
  rounds: 10,
  open: async () => openEscapes(false),
}

/** A round is every way, ended by each order. `onlyOurs`: root does not try it as another user too. */
export function openEscapes(onlyOurs: boolean): OpenCampaign {
  const folder = mkdtempSync(join(tmpdir(), 'escapes-'))
  const program = join(folder, 'runaway')
  const guard = join(folder, 'guard')
  const { status, error } = spawnSync('cc', ['-O1', '-D_GNU_SOURCE', '-o', program, SOURCE], { stdio: 'inherit' })
  if (status !== 0) throw new Error('escapes need a C compiler, cc', { cause: error })
  writeFileSync(guard, '')
  // For the ordinary user.
  for (const path of [folder, program]) chmodSync(path, 0o755)
  const places = openPlaces(program, guard, onlyOurs)
  const matrix = new Matrix(places.map(({ user }) => user))
  return {
    async round(seed) {
      const draw = drawFrom(seed)
      for (const [at, place] of places.entries()) {
        for (const order of ORDERS) {
          for (const way of WAYS) {
            const mark = `${process.pid}.${seed}.${at}.${order}.${way}`
            const said = await place.carryOut({ way, order, graceMs: draw.upTo(GRACE_MAX_MS), mark })
            const left = survivorsOf(mark)
            matrix.add(way, place.user, order, left.length, said === 'away')
            if (left.length > 0) throw new Violation(survival(place, order, way, left))
          }
        }
      }
    },
    report: () => matrix.lines(),
    async close() {
      // What has survived ends by itself without it.
      rmSync(folder, { recursive: true, force: true })
      for (const place of places) await place.close()
    },
  }
}

function survival({ user }: Place, order: string, way: string, pids: readonly number[]): string {
  return `${pids.length} survived (pid ${pids[0]} among them): ${way}, ${order} ended, as ${user}`
}
