import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createPidusageSampler } from '../../../src/meter/pidusage.js'
import type { MeterSample, Sampler } from '../../../src/meter/sampler.js'
import { readIdentity } from '../../../src/os/process.js'
import { TEST_ENV } from '../../launcher/processes.js'

const NOTHING = { samples: [], missed: [], found: null, held: { processes: 0, rssBytes: 0 } }

t.test('the first sample of a process has memory and no cpu, the next ones have both', async t => {
  const child = start(t, 'while :; do :; done')
  const sampler = createPidusageSampler()
  const first = await sampleOne(sampler, child.pid ?? 0)
  t.equal(first?.cpuPercent, null)
  t.ok((first?.rssBytes ?? 0) > 100_000)
  const second = await firstWithCpu(sampler, child.pid ?? 0)
  t.ok((second.cpuPercent ?? 0) > 0, 'a busy loop uses cpu')
})

t.test('a process that is gone loses nobody else their sample', async t => {
  const [living, dying] = [start(t, 'exec sleep 100'), start(t, 'exec sleep 100')]
  const targets = [living, dying].map(child => target(child.pid ?? 0))
  const sampler = createPidusageSampler()
  t.equal((await sampler.sample(targets, [])).samples.length, 2)
  await end(dying)
  // The second time pidusage holds a descriptor of it, the third time it never did.
  const round = await sampler.sample(
    targets.map(({ pid }) => ({ pid, startTicks: null })),
    [],
  )
  t.same(pidsOf(round.samples), [living.pid])
  t.same(round.missed, [])
  const fresh = await createPidusageSampler().sample([targets[0], { pid: 2 ** 22, startTicks: null }], [])
  t.same(pidsOf(fresh.samples), [living.pid])
})

t.test('the only process being gone is an empty round', async t => {
  t.same(await createPidusageSampler().sample([{ pid: 2 ** 22, startTicks: null }], []), NOTHING)
  t.same(await createPidusageSampler().sample([], []), NOTHING)
})

t.test('a pid that now belongs to another process is not reported', async t => {
  const child = start(t, 'exec sleep 100')
  const { pid, startTicks } = target(child.pid ?? 0)
  const round = await createPidusageSampler().sample([{ pid, startTicks: startTicks - 1 }], [])
  t.same(round, NOTHING)
})

t.test('a process that was left out for a while starts again without cpu', async t => {
  const child = start(t, 'exec sleep 100')
  const sampler = createPidusageSampler()
  await sampleOne(sampler, child.pid ?? 0)
  await sampler.sample([], [])
  t.equal((await sampleOne(sampler, child.pid ?? 0))?.cpuPercent, null)
})

function start(t: Test, script: string): ChildProcess {
  const child = spawn('sh', ['-c', script], { stdio: 'ignore', env: TEST_ENV })
  t.teardown(() => end(child))
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

function target(pid: number): { readonly pid: number; readonly startTicks: number } {
  return { pid, startTicks: readIdentity(pid)?.startTicks ?? 0 }
}

async function sampleOne(sampler: Sampler, pid: number): Promise<MeterSample | undefined> {
  return (await sampler.sample([target(pid)], [])).samples[0]
}

/** The kernel counts in ticks of 10 ms, so a busy loop on a busy machine may need some samples to show. */
async function firstWithCpu(sampler: Sampler, pid: number): Promise<MeterSample> {
  for (let attempt = 0; attempt < 100; attempt++) {
    await delay(20)
    const sample = await sampleOne(sampler, pid)
    if (sample !== undefined && (sample.cpuPercent ?? 0) > 0) return sample
  }
  throw new Error('no cpu seen in 100 samples')
}

function pidsOf(samples: readonly MeterSample[]): number[] {
  return samples.map(sample => sample.pid)
}
