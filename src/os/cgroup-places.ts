/** The control groups in which this process is: of which version, with which controllers, and whether it may write there. */

import { accessSync, constants, existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { readText } from './text.js'

/** One hierarchy and our place in it. */
export interface Cgroup {
  readonly version: 1 | 2
  readonly controllers: readonly string[]
  /** Those that a group made below it could have: all in version 1, and at the top of version 2, beside whose groups processes may live. */
  readonly handedDown: readonly string[]
  readonly directory: string
  /** Groups could be made below it. */
  readonly isWritable: boolean
}

/** A hierarchy as `/proc/self/mountinfo` and `/proc/self/cgroup` name it. */
export type CgroupPlace = Pick<Cgroup, 'version' | 'controllers' | 'directory'>

/** All hierarchies; none where there are no control groups, or no `/proc`. */
export function readCgroups(): readonly Cgroup[] {
  return cgroupPlaces(readText('/proc/self/mountinfo'), readText('/proc/self/cgroup')).map(place => {
    const { version, directory } = place
    const read = (file: string) => (version === 1 ? place.controllers : words(readText(join(directory, file))))
    const isTop = !existsSync(join(directory, 'cgroup.events'))
    return {
      version,
      directory,
      controllers: read('cgroup.controllers'),
      handedDown: read(isTop ? 'cgroup.controllers' : 'cgroup.subtree_control'),
      isWritable: isWritable(directory),
    }
  })
}

/** The places that the two texts name (proc(5), cgroups(7)); the controllers of version 2 stand elsewhere. */
export function cgroupPlaces(mountinfo: string, own: string): readonly CgroupPlace[] {
  const paths = new Map<string, string>()
  for (const line of own.split('\n')) {
    const found = /^\d+:([^:]*):(.*)$/.exec(line)
    if (found !== null) for (const name of found[1].split(',')) paths.set(name, found[2])
  }
  return mountinfo.split('\n').flatMap((line): CgroupPlace[] => {
    const [front, back = ''] = line.split(' - ')
    const [, , , root, mounted] = front.split(' ')
    const [type, , options = ''] = back.split(' ')
    if (type === 'cgroup2') {
      return [{ version: 2, controllers: [], directory: placed(mounted, root, paths.get('')) }]
    }
    const controllers = options.split(',').filter(name => paths.has(name) && !name.includes('='))
    if (type !== 'cgroup' || controllers.length === 0) return []
    return [{ version: 1, controllers, directory: placed(mounted, root, paths.get(controllers[0])) }]
  })
}

/** A container may have mounted a group of the hierarchy instead of its root. */
function placed(mounted: string, root: string, path = '/'): string {
  const below = posix.relative(root, path)
  return below.startsWith('..') ? mounted : posix.join(mounted, below)
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter(word => word !== '')
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return false
    throw error
  }
}
