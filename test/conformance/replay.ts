/** Replays a trace of the reference through the public API (SEMANTICS, Traces) and tells the lines that disagree. */

import type { ChildInput, ExitInput } from '../../protocol/children.js'
import type { LimitsInput } from '../../protocol/limits.js'
import type { Grant, Refusal } from '../../protocol/refusals.js'
import type { TerminationPolicy } from '../../protocol/trees.js'
import type { RecordOptions } from '../../src/api.js'
import { disagreement } from './agree.js'

/** One line whose answer differs. `line` counts from 1; `where` is the path of the first field that differs. */
export interface Disagreement {
  readonly line: number
  readonly operation: string
  readonly where: string
  readonly answer: unknown
}

/** What a replay found. `compared` counts the lines that have an answer to compare. */
export interface Replay {
  readonly lines: number
  readonly compared: number
  readonly disagreements: readonly Disagreement[]
}

/** Applies every line of `text` in order. Throws on a line that is no operation a trace may have. */
export async function replay(text: string, supervisor: Replayable, advance: Advance): Promise<Replay> {
  const tickets = new Map<number, number[]>()
  const disagreements: Disagreement[] = []
  const lines = text.split('\n').filter(line => line.trim() !== '')
  let compared = 0
  for (const [index, line] of lines.entries()) {
    const step = JSON.parse(line) as Step
    const answer = await apply(step, supervisor, advance, tickets)
    if (!('result' in step)) continue
    compared++
    const where = disagreement(step.result, answer)
    if (where !== null) disagreements.push({ line: index + 1, operation: line, where, answer })
  }
  return { lines: lines.length, compared, disagreements }
}

/** What a trace asks for; a `Supervisor` is one, and so can an oracle be. */
export interface Replayable {
  registerService(name: string, limits: LimitsInput): Promise<unknown>
  registerServicePid(name: string, pid: number): Promise<unknown>
  authorizeSpawn(parentPid: number, childName: string): Promise<ReplayedGrant | ReplayedRefusal>
  recordSpawn(parentPid: number, child: ChildInput, options: RecordOptions): Promise<unknown>
  recordSpawnExit(pid: number, exit: ExitInput): Promise<unknown>
  updateChildMetrics(pid: number, cpuPercent: number | null, rssBytes: number | null): Promise<unknown>
  getChildren(pid: number): Promise<readonly unknown[]>
  getSpawnTree(pid: number): Promise<unknown>
  terminationPolicyFor(pid: number): Promise<unknown>
  removeSubtree(pid: number): Promise<readonly { readonly pid: number }[]>
  removeChild(pid: number): Promise<unknown>
}

type ReplayedGrant = Pick<Grant, 'ok' | 'depth' | 'rootService' | 'ticket'>
type ReplayedRefusal = Pick<Refusal, 'ok' | 'message'>

/** Moves the manual clock by so many ms. */
export type Advance = (ms: number) => Promise<void>

/** A line of a trace, as the reference wrote it. */
type Step = { readonly result?: unknown } & (
  | { readonly op: 'register_service'; readonly service: string; readonly limits: TraceLimits }
  | { readonly op: 'register_service_pid'; readonly service: string; readonly pid: number }
  | { readonly op: 'advance_clock'; readonly ms: number }
  | { readonly op: 'authorize_spawn'; readonly parent_pid: number }
  | {
      readonly op: 'record_spawn'
      readonly parent_pid: number
      readonly child: TraceChild
      readonly root_hint: string | null
    }
  | { readonly op: 'record_spawn_exit'; readonly pid: number; readonly exit: TraceExit }
  | {
      readonly op: 'update_child_metrics'
      readonly pid: number
      readonly cpu_percent: number | null
      readonly rss_bytes: number | null
    }
  | { readonly op: PidOperation; readonly pid: number }
)

type PidOperation = 'get_children' | 'get_spawn_tree' | 'termination_policy_for' | 'remove_subtree' | 'remove_child'

interface TraceLimits {
  readonly children?: number | null
  readonly depth?: number | null
  readonly descendants?: number | null
  readonly total_memory?: string | null
  readonly termination_policy?: TerminationPolicy | null
}

interface TraceExit {
  readonly exit_code: number | null
  readonly signal: number | null
}

interface TraceChild {
  readonly pid: number
  readonly parent_pid: number
  readonly name: string
  readonly depth?: number
  readonly cpu_percent?: number | null
  readonly rss_bytes?: number | null
}

/** The answer in the trace's own words; undefined where a trace has none. */
async function apply(
  step: Step,
  supervisor: Replayable,
  advance: Advance,
  tickets: Map<number, number[]>,
): Promise<unknown> {
  switch (step.op) {
    case 'register_service':
      return supervisor.registerService(step.service, limitsOf(step.limits))
    case 'register_service_pid':
      return supervisor.registerServicePid(step.service, step.pid)
    case 'advance_clock':
      return advance(step.ms)
    case 'authorize_spawn':
      return authorize(step.parent_pid, supervisor, tickets)
    case 'record_spawn': {
      const ticket = tickets.get(step.parent_pid)?.shift() ?? null
      return supervisor.recordSpawn(step.parent_pid, childOf(step.child), { ticket, rootHint: step.root_hint })
    }
    case 'record_spawn_exit':
      return supervisor.recordSpawnExit(step.pid, { exitCode: step.exit.exit_code, signal: step.exit.signal })
    case 'update_child_metrics':
      return supervisor.updateChildMetrics(step.pid, step.cpu_percent, step.rss_bytes)
    case 'get_children':
      return supervisor.getChildren(step.pid)
    case 'get_spawn_tree':
      return supervisor.getSpawnTree(step.pid)
    case 'termination_policy_for':
      return supervisor.terminationPolicyFor(step.pid)
    case 'remove_subtree':
      return (await supervisor.removeSubtree(step.pid)).map(child => child.pid)
    case 'remove_child':
      return supervisor.removeChild(step.pid)
    default:
      throw new Error(`a trace has no operation ${JSON.stringify(step satisfies never)}`)
  }
}

/** A refusal is told in the reference's words: `Spawn limit exceeded: M` is SpawnLimitExceeded with the message M. */
async function authorize(parentPid: number, supervisor: Replayable, tickets: Map<number, number[]>): Promise<unknown> {
  const answer = await supervisor.authorizeSpawn(parentPid, 'child')
  if (answer.ok) {
    tickets.set(parentPid, [...(tickets.get(parentPid) ?? []), answer.ticket])
    return answer
  }
  const [kind, ...rest] = answer.message.split(': ')
  const errors: Record<string, string> = {
    'Spawn limit exceeded': 'SpawnLimitExceeded',
    'Spawn authorization failed': 'SpawnAuthorizationFailed',
  }
  return { error: errors[kind] ?? kind, message: rest.join(': ') }
}

function limitsOf(limits: TraceLimits): LimitsInput {
  return {
    counting: 'tracked',
    children: limits.children ?? null,
    depth: limits.depth ?? null,
    descendants: limits.descendants ?? null,
    totalMemory: limits.total_memory ?? null,
    terminationPolicy: limits.termination_policy ?? null,
  }
}

function childOf(child: TraceChild): ChildInput {
  return {
    name: child.name,
    pid: child.pid,
    parentPid: child.parent_pid,
    depth: child.depth ?? null,
    cpuPercent: child.cpu_percent ?? null,
    rssBytes: child.rss_bytes ?? null,
  }
}
