// An agent that delegates: it spawns two agents like itself, each one level deeper, until it may not go deeper.

import { setTimeout as sleep } from 'node:timers/promises'
import { spawnAgent } from './client.mjs'

const ROLES = ['orchestrator', 'planner', 'researcher', 'reader', 'fact-checker']
const depth = Number(process.env.SPAWN_DEPTH)
const path = process.argv[2]

const below = []
for (const letter of ['a', 'b']) {
  const name = `${ROLES[depth + 1]}-${path}${letter}`
  const argv = [process.execPath, 'agent.mjs', `${path}${letter}`]
  const answer = await spawnAgent({ name, argv, wait: true })
  if (answer.kind === 'refused') {
    console.log(`I may not spawn ${name} (${answer.refusal.code}), so I do the work myself`)
    await sleep(1000)
    break
  }
  below.push(answer.exited)
}

// One planner dies with its agents at work: they end with it, because the service's policy is cascade.
if (path === 'b') {
  await sleep(300)
  console.log('killed at work')
  process.kill(process.pid, 'SIGKILL')
}
await Promise.all(below)
console.log('done')
