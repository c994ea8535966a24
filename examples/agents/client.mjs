// A whole client of Espalier, in a page: one newline-JSON request over ESPALIER_SOCKET, one answer a line.
// In a real project, `import { spawnAgent } from 'espalier/client'` does the same; any other language can do it as here.

import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/**
 * Asks for a child of this very process. Answers `{ kind: 'spawned', pid, name, depth, exited }` or
 * `{ kind: 'refused', refusal }`; `exited` is a promise of how it ended, when `wait` is true.
 */
export async function spawnAgent({ name, argv, ttlMs = null, wait = false }) {
  const socket = connect(process.env.ESPALIER_SOCKET)
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('ESPALIER_')))
  const token = process.env.ESPALIER_TOKEN
  const request = { v: 1, kind: 'spawn', token, name, argv, ttlMs, cwd: process.cwd(), env, wait }
  socket.write(`${JSON.stringify(request)}\n`)
  const answer = await next(lines)
  if (answer.kind === 'failed') throw new Error(`${answer.code}: ${answer.message}`)
  if (answer.kind === 'refused' || !wait) {
    socket.end()
    return answer
  }
  return { ...answer, exited: next(lines).then(({ exit }) => exit) }
}

async function next(lines) {
  const { value, done } = await lines.next()
  if (done) throw new Error('the daemon hung up')
  return JSON.parse(value)
}
