/** One try of a program that says whether a service is ready: exit code 0 says yes. */

import { type GroupProgram, runInGroup } from '../group-program.js'

export type ExecTry = Pick<GroupProgram, 'command' | 'cwd' | 'env' | 'user'>

/** Null when it says yes; else how it said no. It gets KILL, with its process group, after `withinMs` and at the signal. Never rejects. */
export async function tryExec(request: ExecTry, withinMs: number, signal: AbortSignal): Promise<string | null> {
  const { cut, how } = await runInGroup({ ...request, withinMs, graceMs: null }, signal)
  if (how.kind === 'not_started') return how.message
  if (how.kind === 'exited' && how.code === 0) return null
  if (cut === 'late') return `it did not end within ${Math.round(withinMs)} ms`
  return how.kind === 'died' ? `it died of ${how.signal}` : `it exited ${how.code}`
}
