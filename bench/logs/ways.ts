/** What takes a program's output to disk: a service's keeper, or `cat > file`. */

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
/** So large that nothing is left out. */
const LOGS = { max_size: '1TiB', files: 2, total: '1TiB' }

/** What reads while a program writes. */
export interface Reader {
  /** Whose CPU time is what it costs. */
  readonly pid: number
  /** Where the output ends up. */
  files(): readonly string[]
  end(): Promise<void>
}

/** By name: how `program` is started, with what it reads its output. */
export const WAYS = { keeper: throughKeeper, 'cat > file': throughCat } as const
export type WayName = keyof typeof WAYS

/** A service of a daemon of its own, in `folder`. @throws {Error} when it does not come up. */
async function throughKeeper(folder: string, program: readonly string[]): Promise<Reader> {
  const env = { ...process.env, ESPALIER_RUNTIME_DIR: join(folder, 'run'), ESPALIER_STATE_DIR: join(folder, 'state') }
  const espalier = (...args: readonly string[]) => promisify(execFile)(process.execPath, [CLI, ...args], { env })
  const config = join(folder, 'bench.yaml')
  writeFileSync(config, JSON.stringify({ logs: LOGS, services: { writer: { command: [...program] } } }))
  await espalier('up', '-c', config)
  const { keepers } = JSON.parse((await espalier('status', '--json')).stdout)
  return {
    pid: keepers[0].pid,
    files: () => filesBelow(join(folder, 'state', 'logs')),
    async end() {
      await espalier('down')
    },
  }
}

/** The shell's way: a named pipe between the two. */
async function throughCat(folder: string, program: readonly string[]): Promise<Reader> {
  const pipe = join(folder, 'pipe')
  const file = join(folder, 'output')
  execFileSync('mkfifo', [pipe])
  // Opened for reading and writing first, so that neither end waits for the other.
  const both = openSync(pipe, 'r+')
  const [from, to, into] = [openSync(pipe, 'r'), openSync(pipe, 'w'), openSync(file, 'w')]
  const writer = spawn(program[0], program.slice(1), { stdio: ['ignore', to, 'inherit'] })
  const cat = spawn('cat', [], { stdio: [from, into, 'inherit'] })
  for (const one of [both, from, to, into]) closeSync(one)
  await Promise.all([once(writer, 'spawn'), once(cat, 'spawn')])
  return {
    pid: cat.pid ?? 0,
    files: () => [file],
    async end() {
      await Promise.all([ended(writer), ended(cat)])
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.log'))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
}
