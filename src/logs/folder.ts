/** Where log files lie: a folder a service and runtime directory in the state directory, in it files with rising numbers (docs/adr/0013-logs.md). */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isName } from '../../protocol/ids.js'
import { placeOf } from '../os/place.js'

/** Before the name of a service, which may be `..`, in that of its folder; the keeper knows it too. */
const PREFIX = 'service-'

const FILE_NAME = /^(\d{10})\.log$/

/** One file of a log. The highest number is the newest. */
export interface LogFile {
  readonly number: number
  readonly path: string
}

/** The logs of the daemons that have a runtime directory, one after another: two at one time may each have a service of one name. */
export interface LogPlace {
  readonly stateDirectory: string
  readonly runtimeDirectory: string
}

/** Of one service. It need not be there. */
export function logFolder({ stateDirectory, runtimeDirectory }: LogPlace, service: string): string {
  return join(stateDirectory, 'logs', `${PREFIX}${service}@${placeOf(runtimeDirectory)}`)
}

/** Services that have logs here, in the order of their names. @throws a system error when they cannot be listed */
export function loggedServices({ stateDirectory, runtimeDirectory }: LogPlace): readonly string[] {
  const suffix = `@${placeOf(runtimeDirectory)}`
  return namesIn(join(stateDirectory, 'logs'))
    .filter(name => name.startsWith(PREFIX) && name.endsWith(suffix))
    .map(name => name.slice(PREFIX.length, -suffix.length))
    .filter(isName)
    .toSorted()
}

/** Of a folder, the oldest first; none where there is no folder. @throws a system error when it cannot be listed */
export function logFilesIn(folder: string): readonly LogFile[] {
  return namesIn(folder)
    .flatMap(name => {
      const number = FILE_NAME.exec(name)?.[1]
      return number === undefined ? [] : { number: Number(number), path: join(folder, name) }
    })
    .toSorted((a, b) => a.number - b.number)
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
