// What an outsider sees of a storm: the daemon's trees, and the kernel's own figures of each service where it keeps any.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readCgroups } from '../../dist/src/os/cgroup-places.js'
import { placeOf } from '../../dist/src/os/place.js'

/** The kernel's groups of a service, below those that we are in. */
export function groupOf(runtimeDir, service) {
  const folders = readCgroups().map(({ directory }) => join(directory, `espalier-${placeOf(runtimeDir)}-${service}`))
  const file = (...names) => folders.flatMap(folder => names.map(one => join(folder, one))).find(existsSync)
  return {
    tasks: file('pids.current'),
    memory: file('memory.current', 'memory.usage_in_bytes'),
    memoryMost: file('memory.peak', 'memory.max_usage_in_bytes'),
    members: folders.map(folder => join(folder, 'cgroup.procs')).filter(existsSync),
  }
}

/** A number in a file of the kernel; null where there is none. */
export function figure(file) {
  const text = file === undefined ? '' : read(file)
  return text === '' ? null : Number(text)
}

/** The least of some reads in a row: the kernel counts a fork before it refuses it, and takes that back. */
export function settledFigure(file) {
  const figures = Array.from({ length: 5 }, () => figure(file))
  return figures.includes(null) ? null : Math.min(...figures)
}

/** Pids of every process whose environment says `mark`, with what they run. */
export function marked(mark) {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && read(`/proc/${name}/environ`).split('\0').includes(mark))
    .map(pid => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 80)}`)
}

/** Bytes of a service's log files. */
export function logBytes(runtimeDir, service) {
  const folder = join(runtimeDir, 'state', 'logs', `service-${service}@${placeOf(join(runtimeDir, 'run'))}`)
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0)
}

/** '' for what has gone, or is not ours to read. */
function read(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return ''
    throw error
  }
}
