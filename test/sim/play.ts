/** Plays one program on the oracle and on a supervisor, and throws at the first answer that differs. */

import { isDeepStrictEqual } from 'node:util'
import { EspalierError } from '../../src/index.js'
import { isLiving, liveTickets, type OracleLimits, type Ticket } from '../oracle/books.js'
import { Oracle } from '../oracle/oracle.js'
import { seenChild, seenDecision, seenRefusal } from '../oracle/seen.js'
import type { World } from '../support/world.js'
import type { Program, Step } from './draw.js'
import { mayBeRemoved, mayExit, mayHaveChild, mayRecord, replaced } from './open.js'

/** Pids nobody ever recorded. */
const STRANGER = 4_000_000

/** Both sides of one run. */
interface Run {
  readonly world: World
  readonly oracle: Oracle
  /** The supervisor's number of each ticket. */
  readonly numbers: Map<Ticket, number>
  readonly reached: Set<string>
  /** Pids that were known once. */
  readonly past: Set<number>
  nextPid: number
}

/** What a step did, on both sides. */
interface Outcome {
  readonly said: string
  readonly expected: unknown
  readonly answer: unknown
}

/** Plays the program, then compares everything that can be asked. Codes of refusals are added to `reached`. */
export async function play(program: Program, world: World, reached: Set<string>): Promise<void> {
  const run: Run = {
    world,
    oracle: new Oracle(),
    numbers: new Map(),
    reached,
    past: new Set([STRANGER]),
    nextPid: 1000,
  }
  const history: string[] = []
  const check = async (outcome: Promise<Outcome> | null) => {
    if (outcome === null) return
    const { said, expected, answer } = await outcome
    history.push(said)
    if (isDeepStrictEqual(expected, answer)) return
    const wanted = `expected ${JSON.stringify(expected)}\nanswered ${JSON.stringify(answer)}`
    throw new Error(`${said}\n${wanted}\nafter\n${history.join('\n')}\nlimits ${JSON.stringify(program.limits)}`)
  }
  for (const [at, limits] of program.limits.entries()) {
    await check(registerService(run, `svc-${at}`, limits))
    await check(registerRoot(run, `svc-${at}`, run.nextPid++))
  }
  for (const step of program.steps) await check(take(run, step, program))
  for (const pid of everyPid(run)) {
    await check(children(run, pid))
    await check(tree(run, pid))
  }
  for (const name of run.oracle.services.keys()) await check(activeChildCount(run, name))
}

/** Null when there is nothing to do it to. */
function take(run: Run, { kind, a, b }: Step, program: Program): Promise<Outcome> | null {
  const { oracle } = run
  const knots = [...oracle.pids.values()]
  const known = pick(knots, a)
  const anyPid = pick([...everyPid(run)], a) ?? STRANGER
  const name = pick([...oracle.services.keys(), 'svc-0'], b) ?? 'svc-0'
  switch (kind) {
    case 'authorize':
      return authorize(run, b % 7 === 0 ? anyPid : (known?.pid ?? STRANGER), [null, null, 900_000, 2_000_000][b % 4])
    case 'recordTicket': {
      const tickets = oracle.tickets.filter(ticket => mayRecord(oracle, ticket))
      const fresh = tickets.filter(ticket => ticket.state === 'live')
      const ticket = pick(b % 5 > 0 && fresh.length > 0 ? fresh : tickets, a)
      return ticket === undefined ? null : record(run, ticket.parent.pid, run.nextPid++, ticket, null)
    }
    case 'recordBare':
      if (known === undefined || !mayHaveChild(known)) return null
      return record(run, known.pid, run.nextPid++, null, null)
    case 'recordAgain':
      if (known === undefined || !isLiving(known)) return null
      return record(run, b % 2 === 0 ? known.parentPid || known.pid : (pick(knots, b)?.pid ?? 1), known.pid, null, null)
    case 'recordHint': {
      const rooted = [...oracle.services.values()].filter(service => service.roots.length > 0)
      const hint = b % 4 === 0 ? 'nobody' : b % 4 === 1 ? null : pick(rooted, b)?.name
      return hint === undefined ? null : record(run, 3_000_000 + (a % 10), run.nextPid++, null, hint)
    }
    case 'exit':
      if (known !== undefined && !mayExit(known)) return null
      return exit(run, b % 9 === 0 ? STRANGER : (known?.pid ?? STRANGER), [0, 1, null][b % 3], [null, 9, null][a % 3])
    case 'release': {
      const ticket = pick(oracle.tickets, a)
      return ticket === undefined ? null : release(run, ticket)
    }
    case 'advance':
      return advance(run, [1, 10, 50, 99, 100, 250, 1000][b % 7] + (a % 3))
    case 'metrics':
      return metrics(run, anyPid, [null, 1.5, 99][b % 3], [null, 0, 10, 60, 100][b % 5])
    case 'removeChild':
      return known === undefined || !mayBeRemoved(known) ? null : removeChild(run, known.pid)
    case 'removeSubtree':
      return removeSubtree(run, anyPid)
    case 'children':
      return children(run, anyPid)
    case 'tree':
      return tree(run, anyPid)
    case 'canSpawn':
      return canSpawn(run, b % 9 === 0 ? 'nobody' : name, a % 6)
    case 'activeChildCount':
      return activeChildCount(run, [null, 'nobody', name, name][b % 4])
    case 'policy':
      return policy(run, anyPid)
    case 'registerRoot':
      return registerRoot(run, b % 9 === 0 ? 'nobody' : name, run.nextPid++)
    case 'takePid':
      return known === undefined || !isLiving(known) ? null : registerRoot(run, name, known.pid)
    case 'unregisterRoot':
      return unregisterRoot(
        run,
        pick(
          [...oracle.services.values()].flatMap(service => service.roots),
          a,
        )?.pid,
      )
    case 'replaceLimits': {
      const old = oracle.services.get(name)?.limits
      return old === undefined ? null : registerService(run, name, replaced(old, program.limits[a % 2]))
    }
    case 'unregisterService':
      return a % 3 > 0 ? null : unregisterService(run, name)
  }
}

function everyPid(run: Run): Set<number> {
  for (const pid of run.oracle.pids.keys()) run.past.add(pid)
  return run.past
}

function pick<T>(from: readonly T[], at: number): T | undefined {
  return from[at % from.length]
}

async function authorize(run: Run, parentPid: number, ttlMs: number | null): Promise<Outcome> {
  const expected = run.oracle.authorize(parentPid, ttlMs)
  const answer = await run.world.supervisor.authorizeSpawn(parentPid, 'a', { ttlMs })
  if (!expected.ok) run.reached.add(expected.code)
  const ticket = run.oracle.tickets.at(-1)
  if (expected.ok && answer.ok && ticket !== undefined) run.numbers.set(ticket, answer.ticket)
  return { said: `authorize ${parentPid} ttl ${ttlMs}`, expected, answer: seenDecision(answer) }
}

async function record(
  run: Run,
  parentPid: number,
  pid: number,
  ticket: Ticket | null,
  rootHint: string | null,
): Promise<Outcome> {
  const expected = run.oracle.record(parentPid, pid, ticket, rootHint)
  const number = ticket === null ? null : run.numbers.get(ticket)
  const options = { ticket: number ?? null, rootHint }
  const answer = await settled(() => run.world.supervisor.recordSpawn(parentPid, { name: `c${pid}`, pid }, options))
  const said = `record ${parentPid} > ${pid} ${ticket === null ? 'no' : ticket.state} ticket ${number} hint ${rootHint}`
  return { said, expected, answer }
}

async function exit(run: Run, pid: number, exitCode: number | null, signal: number | null): Promise<Outcome> {
  const expected = run.oracle.exit(pid, exitCode, signal)
  const child = await run.world.supervisor.recordSpawnExit(pid, { exitCode, signal })
  return { said: `exit ${pid} code ${exitCode} signal ${signal}`, expected, answer: child && seenChild(child) }
}

async function release(run: Run, ticket: Ticket): Promise<Outcome> {
  const number = run.numbers.get(ticket) ?? 0
  const expected = run.oracle.release(ticket)
  return { said: `release ${number}`, expected, answer: await run.world.supervisor.releaseTicket(number) }
}

async function advance(run: Run, ms: number): Promise<Outcome> {
  run.oracle.advance(ms)
  await run.world.clock.advance(ms)
  const live = [...run.oracle.services.values()].reduce((sum, service) => sum + liveTickets(service).length, 0)
  return { said: `advance ${ms} to ${run.oracle.nowMs} (${live} tickets live)`, expected: null, answer: null }
}

async function metrics(run: Run, pid: number, cpu: number | null, rss: number | null): Promise<Outcome> {
  const expected = run.oracle.metrics(pid, cpu, rss)
  const answer = await run.world.supervisor.updateChildMetrics(pid, cpu, rss)
  return { said: `metrics ${pid} cpu ${cpu} rss ${rss}`, expected, answer }
}

async function removeChild(run: Run, pid: number): Promise<Outcome> {
  const expected = run.oracle.removeChild(pid)
  const child = await run.world.supervisor.removeChild(pid)
  return { said: `removeChild ${pid}`, expected, answer: child && seenChild(child) }
}

async function removeSubtree(run: Run, pid: number): Promise<Outcome> {
  const expected = run.oracle.removeSubtree(pid)
  const answer = (await run.world.supervisor.removeSubtree(pid)).map(seenChild)
  return { said: `removeSubtree ${pid}`, expected, answer }
}

async function children(run: Run, pid: number): Promise<Outcome> {
  const expected = run.oracle.children(pid)
  const answer = (await run.world.supervisor.getChildren(pid)).map(seenChild)
  return { said: `children ${pid}`, expected, answer }
}

async function tree(run: Run, pid: number): Promise<Outcome> {
  return { said: `tree ${pid}`, expected: run.oracle.tree(pid), answer: await run.world.supervisor.getSpawnTree(pid) }
}

async function canSpawn(run: Run, name: string, depth: number): Promise<Outcome> {
  const answer = await settled(async () => {
    const refusal = await run.world.supervisor.canSpawn(name, depth)
    return refusal && seenRefusal(refusal)
  })
  return { said: `canSpawn ${name} ${depth}`, expected: run.oracle.canSpawn(name, depth), answer }
}

async function activeChildCount(run: Run, name: string | null): Promise<Outcome> {
  const answer = await settled(() => run.world.supervisor.activeChildCount(name))
  return { said: `activeChildCount ${name}`, expected: run.oracle.activeChildCount(name), answer }
}

async function policy(run: Run, pid: number): Promise<Outcome> {
  const expected = run.oracle.tree(pid)?.terminationPolicy ?? null
  return { said: `policy ${pid}`, expected, answer: await run.world.supervisor.terminationPolicyFor(pid) }
}

async function registerService(run: Run, name: string, limits: OracleLimits): Promise<Outcome> {
  const { rate, serviceRate, totalMemory, lifetime, ttlMaxMs } = limits
  const lifted = {
    rate: rate ?? 'none',
    serviceRate: serviceRate ?? 'none',
    totalMemory: totalMemory ?? 'none',
    lifetime: lifetime ?? 'none',
    ttlMaxMs: ttlMaxMs ?? 'none',
  } as const
  const answer = await settled(() => run.world.supervisor.registerService(name, { ...limits, ...lifted }))
  return { said: `registerService ${name}`, expected: run.oracle.registerService(name, limits), answer }
}

async function unregisterService(run: Run, name: string): Promise<Outcome> {
  everyPid(run)
  const answer = await settled(() => run.world.supervisor.unregisterService(name))
  return { said: `unregisterService ${name}`, expected: run.oracle.unregisterService(name), answer }
}

async function registerRoot(run: Run, name: string, pid: number): Promise<Outcome> {
  const answer = await settled(() => run.world.supervisor.registerServicePid(name, pid))
  return { said: `registerServicePid ${name} ${pid}`, expected: run.oracle.registerServicePid(name, pid), answer }
}

function unregisterRoot(run: Run, pid: number | undefined): Promise<Outcome> | null {
  if (pid === undefined) return null
  everyPid(run)
  const unregister = async () => {
    const answer = await settled(() => run.world.supervisor.unregisterServicePid(pid))
    return { said: `unregisterServicePid ${pid}`, expected: run.oracle.unregisterServicePid(pid), answer }
  }
  return unregister()
}

/** A failure as the oracle tells it. */
async function settled<T>(call: () => Promise<T>): Promise<T | { readonly failed: string }> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    return { failed: error.code }
  }
}
