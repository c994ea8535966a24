/** Forks that nobody asked for, as an operator meets them. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { cli, type Running, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'

interface Shown {
  readonly name: string
  readonly kind: string
  readonly pid: number
  readonly parentPid: number
  readonly command: string
}

interface Tree {
  readonly liveDescendants: number
  readonly memoryUsed: number
  readonly tree: readonly Shown[]
}

function run(t: Test, folder: string, command: string, limits: string): Running {
  const text = `services:\n  web:\n    command: [sh, -c, '${command}']\n    spawn: { limits: { grace: 1s, ${limits} } }\n`
  writeFileSync(join(folder, 'c.yaml'), text)
  return startCli(t, folder, ['run', '-c', 'c.yaml'])
}

async function look(t: Test, folder: string): Promise<Tree> {
  return JSON.parse((await cli(t, folder, ['tree', '--json'])).out).services[0]
}

async function until(t: Test, folder: string, what: string, isAsWanted: (tree: Tree) => boolean): Promise<Tree> {
  let tree: Tree | null = null
  await eventually(what, async () => {
    tree = await look(t, folder)
    return isAsWanted(tree)
  })
  return tree!
}

const forks = ({ tree }: Tree) => tree.filter(({ kind }) => kind === 'peripheral')

t.test('a fork is shown below its nearest recorded ancestor, is counted in memory, and goes when it ends', async t => {
  const folder = privateFolder(t)
  const running = run(t, folder, 'sleep 100 & echo fork=$!; exec sleep 100', 'descendants: 5')
  const fork = Number((await running.says(/fork=(\d+)/))[1])
  const tree = await until(t, folder, 'the fork is seen', one => forks(one).length === 1 && one.memoryUsed > 0)
  const root = tree.tree.find(({ kind }) => kind === 'root')
  t.match(forks(tree), [{ name: 'sleep', pid: fork, parentPid: root?.pid, command: 'sleep 100' }])
  t.equal(tree.liveDescendants, 0, 'it uses no slot')
  t.match((await cli(t, folder, ['tree'])).out, /sleep +\d+ +peripheral/)
  process.kill(fork, 'SIGKILL')
  await until(t, folder, 'the fork is forgotten', one => forks(one).length === 0)
  await cli(t, folder, ['stop'])
  t.match((await running.ended).out, /survivors +0/)
})

t.test('with count_peripherals a fork uses a slot of descendants', async t => {
  const folder = privateFolder(t)
  const running = run(t, folder, 'sleep 100 & echo up; exec sleep 100', 'descendants: 5, count_peripherals: true')
  await running.says(/up/)
  await until(t, folder, 'the slot is used', one => one.liveDescendants === 1)
  await cli(t, folder, ['stop'])
})

t.test('with strict a fork is ended when it is found, one that ignores TERM after the grace', async t => {
  const folder = privateFolder(t)
  const stubborn = 'trap : TERM; while :; do sleep 1; done'
  const running = run(t, folder, `(${stubborn}) & echo fork=$!; exec sleep 100`, 'strict: true')
  const fork = Number((await running.says(/fork=(\d+)/))[1])
  await eventually('the fork is gone', () => !isRunning(fork))
  t.equal((await look(t, folder)).tree.filter(({ kind }) => kind === 'root').length, 1, 'its service runs on')
  await cli(t, folder, ['stop'])
})

t.test(
  'one whose ancestors are gone stands by itself',
  { skip: launcherName() === 'portable' ? 'portable mode loses sight of orphans' : false },
  async t => {
    const folder = privateFolder(t)
    const running = run(t, folder, '(setsid sleep 100 & echo fork=$!); exec sleep 100', 'descendants: 5')
    const fork = Number((await running.says(/fork=(\d+)/))[1])
    const tree = await until(t, folder, 'the orphan is seen', one => forks(one).length === 1)
    t.match(forks(tree), [{ pid: fork, parentPid: running.pid }])
    await cli(t, folder, ['stop'])
    await eventually('it ends with its service', () => !isRunning(fork))
  },
)
