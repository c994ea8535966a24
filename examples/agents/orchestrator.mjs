// The root of the example: it delegates to planners, floods the service with workers, and meets every kind of end.

import { setTimeout as sleep } from 'node:timers/promises'
import { spawnAgent } from './client.mjs'

const shell = script => ['sh', '-c', script]

/** Spawns, and when only the rate stands in the way, waits as long as the refusal says and asks again. */
async function insist(request) {
  for (;;) {
    const answer = await spawnAgent(request)
    if (answer.refusal?.code !== 'rate_limit') return answer
    await sleep(answer.refusal.retryAfterMs)
  }
}

console.log('delegating: two planners, each with agents of its own down to the depth that is allowed')
for (const letter of ['a', 'b']) {
  await insist({ name: `planner-${letter}`, argv: [process.execPath, 'agent.mjs', letter] })
}

console.log('four difficult ones: ignoring TERM, with a time to live, dying by a signal, dying with children below')
const stubborn = await insist({
  name: 'stubborn',
  argv: shell('trap "" TERM; while :; do sleep 0.1; done'),
  ttlMs: 2500,
  wait: true,
})
await insist({ name: 'mayfly', argv: ['sleep', '60'], ttlMs: 1500 })
const crasher = await insist({ name: 'crasher', argv: shell('sleep 0.5; kill -SEGV $$'), wait: true })

console.log('a flood: twenty workers, as fast as they can be asked for')
const refused = {}
const flood = Array.from({ length: 20 }, (_, i) => ({ name: `worker-${i + 1}`, argv: ['sleep', '1'] }))
for (const { kind, refusal } of await Promise.all(flood.map(spawnAgent))) {
  if (kind === 'refused') refused[refusal.code] = (refused[refusal.code] ?? 0) + 1
}
console.log(`refused: ${JSON.stringify(refused)}`)

console.log('once more, politely: each refusal says how long to wait')
for (let i = 0; i < 10; i++) {
  const { kind, refusal } = await insist({ name: `patient-${i + 1}`, argv: ['sleep', '1'] })
  if (kind === 'refused') {
    console.log(`patient-${i + 1}: ${refusal.message}`)
    break
  }
}

const told = ({ exitCode, signal, reason }) => `exit ${exitCode}, signal ${signal}, ${reason}`
console.log(`crasher: ${told(await crasher.exited)}`)
console.log(`stubborn: ${told(await stubborn.exited)}`)

// One that outlives its orchestrator's interest: it ends with us, by the policy.
await insist({ name: 'forgotten', argv: ['sleep', '60'] })
console.log('done')
