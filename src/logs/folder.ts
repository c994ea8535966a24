/** Where log files lie: a folder a service in the state directory, in it files with rising numbers (docs/adr/0013-logs.md). */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isName } from '../../protocol/ids.js'

/** Before the name of a service, which may be `..`, in that of its folder; the keeper knows it too. */
const PREFIX = 'service-'

const FILE_NAME = /^(\d{10})\.log$/

/** One file of a log. The highest number is the newest. */
export interface LogFile {
  readonly number: number
  readonly path: string
}

/** Of one service. It need not be there. */
export function logFolder(stateDirectory: string, service: string): string {
  return join(stateDirectory, 'logs', PREFIX + service)
}

/** Services that have logs here, in the order of their names. @throws a system error when they cannot be listed */
export function loggedServices(stateDirectory: string): readonly string[] {
  return namesIn(join(stateDirectory, 'logs'))
    .filter(name => name.startsWith(PREFIX))
    .map(name => name.slice(PREFIX.length))
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
