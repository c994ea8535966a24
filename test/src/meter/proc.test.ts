import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { FULL_ROUNDS } from '../../../src/meter/forks.js'
import { createPidusageSampler } from '../../../src/meter/pidusage.js'
import { createProcSampler } from '../../../src/meter/proc.js'
import { StatReader } from '../../../src/meter/reader.js'
import type { FoundFork, MeterTarget } from '../../../src/meter/sampler.js'
import { readIdentity } from '../../../src/os/process.js'
import { readKernelUnits } from '../../../src/os/units.js'
import { firstLine, TEST_ENV } from '../../launcher/processes.js'

/** What `/proc/uptime` is rounded to, in ms. */
const CLOCK_MS = 10

t.test('memory is what pidusage says, to the byte, for a process that does nothing', async t => {
  const child = start(t, 'kill -STOP $$')
  await stopped(child.pid ?? 0)
  const [ours, theirs] = [createProcSampler(), createPidusageSampler()]
  const [mine] = (await ours.sample([target(child)], [])).samples
  const [other] = (await theirs.sample([target(child)], [])).samples
  t.equal(mine.rssBytes, other.rssBytes)
  t.ok(mine.rssBytes > 100_000)
  t.equal(mine.cpuPercent, null, 'the first sample has no cpu')
})

t.test('cpu is what pidusage says, to the tick of the kernel, of each process', async t => {
  const busy = start(t, 'kill -STOP $$; while :; do :; done')
  const idle = start(t, 'kill -STOP $$')
  const targets = [busy, idle].map(target)
  for (const { pid } of targets) await stopped(pid)
  const samplers = [createProcSampler(), createPidusageSampler()]
  const beforeMs = [performance.now()]
  for (const sampler of samplers) {
    await sampler.sample(targets, [])
    beforeMs.push(performance.now())
  }
  const before = ticksOf(busy.pid ?? 0)
  busy.kill('SIGCONT')
  while (ticksOf(busy.pid ?? 0) < before + 30) await new Promise(settle => setImmediate(settle))
  busy.kill('SIGSTOP')
  await stopped(busy.pid ?? 0)
  const ticks = ticksOf(busy.pid ?? 0) - before
  for (const [at, sampler] of samplers.entries()) {
    const askedMs = performance.now()
    const { samples } = await sampler.sample(targets, [])
    const answeredMs = performance.now()
    const [percent, none] = samples.map(({ cpuPercent }) => cpuPercent ?? Number.NaN)
    t.equal(none, 0, 'who is stopped has none')
    // Between two looks passed at least and at most so much; pidusage reads a clock of 10 ms.
    const passedMs = [askedMs - beforeMs[at + 1] - CLOCK_MS, answeredMs - beforeMs[at] + CLOCK_MS]
    const [least, most] = passedMs.map(ms => (percent / 100) * (ms / 1000) * readKernelUnits().ticksPerSecond)
    t.ok(least <= ticks && ticks <= most, `${ticks} ticks, of ${least} to ${most}`)
  }
})

t.test('a process of another start, and one that has gone, are not measured', async t => {
  const child = start(t, 'exec sleep 100')
  const sampler = createProcSampler()
  const { pid, startTicks } = target(child)
  t.same((await sampler.sample([{ pid, startTicks: (startTicks ?? 0) + 1 }], [])).samples, [])
  t.equal((await sampler.sample([{ pid, startTicks }], [])).samples.length, 1)
  await end(child)
  t.same((await sampler.sample([{ pid, startTicks }], [])).samples, [])
})

t.test('forks are found below the nearest target, however deep, and vanish when they end', async t => {
  const child = start(t, "sh -c 'echo $$; sleep 100; :' & wait")
  const inner = Number(await firstLine(child.stdout!))
  const sampler = createProcSampler()
  // Between fork and exec the leaf still has its parent's name and command, and in a round that falls between two reads the one alone.
  const forks = await seen(
    sampler,
    child,
    found => found.length === 2 && found.some(({ name, command }) => name === 'sleep' && command === 'sleep 100'),
  )
  t.same(
    forks.map(({ ancestorPid, service }) => ({ ancestorPid, service })),
    [0, 1].map(() => ({ ancestorPid: child.pid, service: null })),
  )
  const leaf = forks.find(({ command }) => command === 'sleep 100')
  t.match(leaf, { name: 'sleep', startTicks: readIdentity(leaf?.pid ?? 0)?.startTicks })
  process.kill(leaf?.pid ?? 0, 'SIGKILL')
  const left = await seen(sampler, child, found => found.every(({ pid }) => pid !== leaf?.pid))
  t.ok(left.every(({ pid }) => pid === inner))
})

t.test('a fork that executes another program is shown with the command of that one', async t => {
  const child = start(t, 'sh -c "echo; read -r line; exec sleep 100" <&3 & wait', ['ignore', 'pipe', 'ignore', 'pipe'])
  await firstLine(child.stdout!)
  const sampler = createProcSampler()
  const [before] = await seen(sampler, child, found => found.length === 1)
  t.match(before.command, /^sh -c/)
  ;(child.stdio[3] as Writable).write('go\n')
  await seen(sampler, child, ([fork]) => fork?.command === 'sleep 100')
})

t.test('who has come back to a keeper is an orphan of its service', async t => {
  const child = start(t, 'sleep 100 & echo $!; wait')
  const orphan = Number(await firstLine(child.stdout!))
  const sampler = createProcSampler()
  // The shell stands for the keeper: what has it for a parent has come back to it.
  const keeper = { service: 'web', pid: child.pid ?? 0 }
  let forks: readonly FoundFork[] = []
  while (forks.length === 0) forks = (await sampler.sample([], [keeper])).found ?? []
  t.match(forks, [{ pid: orphan, ancestorPid: null, service: 'web' }])
  t.ok(forks[0].ageMs >= 150, 'younger ones may be spawns that it has not reported yet')
})

t.test('who does nothing is looked at in one round of four, and counts in each with what it has', async t => {
  const child = start(t, 'read -r line; while :; do :; done', ['pipe', 'ignore', 'ignore'])
  const sampler = createProcSampler()
  const round = () => sampler.sample([target(child)], [])
  const rests: boolean[] = []
  while (!rests.some(Boolean)) rests.push((await round()).samples.length === 0)
  const next: number[] = []
  for (let count = 0; count < 8; count++) {
    const { samples, held } = await round()
    next.push(samples.length)
    t.equal(held.processes, 1)
    t.ok(held.rssBytes > 100_000)
    for (const { cpuPercent } of samples) t.equal(cpuPercent, 0)
  }
  t.equal(next.filter(Boolean).length, 2, `${next}`)
  const before = ticksOf(child.pid ?? 0)
  child.stdin?.write('go\n')
  while (ticksOf(child.pid ?? 0) < before + 5) await new Promise(settle => setImmediate(settle))
  const woken: number[] = []
  for (let count = 0; count < 4; count++) woken.push(...(await round()).samples.map(one => one.cpuPercent ?? 0))
  t.ok(woken.length > 0 && woken[0] > 0, 'that it works again is seen within four rounds')
})

t.test('whose memory is added up against a limit is looked at in every round, though it does nothing', async t => {
  const child = start(t, 'exec sleep 100')
  const sampler = createProcSampler()
  for (let count = 0; count < 16; count++) {
    t.equal((await sampler.sample([{ ...target(child), isSummed: true }], [])).samples.length, 1)
  }
})

t.test('a new fork is found in the first round after it, whichever that is', async t => {
  const child = start(t, 'while read -r line; do sleep 100 & echo $!; done', ['pipe', 'pipe', 'ignore'])
  const sampler = createProcSampler()
  for (let count = 0; count < 3 * FULL_ROUNDS; count++) {
    const said = firstLine(child.stdout!)
    child.stdin?.write('fork\n')
    const fork = Number(await said)
    const { found } = await sampler.sample([target(child)], [])
    t.ok(
      found?.some(({ pid }) => pid === fork),
      `round ${count}`,
    )
  }
})

t.test('what hangs below a stranger is found as soon as the stranger is ours', async t => {
  const child = start(t, 'sleep 100 & echo $!; wait')
  const fork = Number(await firstLine(child.stdout!))
  const sampler = createProcSampler()
  for (let count = 0; count < 6; count++) t.same((await sampler.sample([], [])).found, [])
  t.match((await sampler.sample([target(child)], [])).found, [{ pid: fork, ancestorPid: child.pid }])
})

function start(t: Test, script: string, stdio: StdioOptions = ['ignore', 'pipe', 'ignore']): ChildProcess {
  const child = spawn('sh', ['-c', script], { stdio, env: TEST_ENV, detached: true })
  t.teardown(() => end(child))
  return child
}

/** Kills its group too: it is the leader. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await gone
}

function target({ pid = 0 }: ChildProcess): MeterTarget {
  return { pid, startTicks: readIdentity(pid)?.startTicks ?? 0 }
}

async function stopped(pid: number): Promise<void> {
  while (readIdentity(pid)?.state !== 'T') await new Promise(settle => setImmediate(settle))
}

function ticksOf(pid: number): number {
  const reader = new StatReader()
  return reader.readOnce(pid) ? reader.stat.cpuTicks : 0
}

/** Rounds until the forks are as wanted; tap's own deadline ends the wait. */
async function seen(
  sampler: ReturnType<typeof createProcSampler>,
  child: ChildProcess,
  isAsWanted: (found: readonly FoundFork[]) => boolean,
): Promise<readonly FoundFork[]> {
  for (;;) {
    const found = (await sampler.sample([target(child)], [])).found ?? []
    if (isAsWanted(found)) return found
    await new Promise(settle => setImmediate(settle))
  }
}
