/** The root of such a service: `FILE STORM_MS CHILDREN`. So many askers fork /bin/true through the socket, each as fast as it may. */

import { writeFileSync } from 'node:fs'
import { spawnAgent } from '../../src/client/index.js'

const [file, stormMs, children] = process.argv.slice(2)
const begunMs = performance.now()
let spawned = 0

const asker = async () => {
  while (performance.now() - begunMs < Number(stormMs)) {
    const child = await spawnAgent({ name: 'true', argv: ['/bin/true'], env: {}, wait: true })
    await child.exited()
    spawned++
  }
}
await Promise.all(Array.from({ length: Number(children) }, asker))
writeFileSync(file, JSON.stringify({ spawnsPerSecond: spawned / ((performance.now() - begunMs) / 1000) }))
