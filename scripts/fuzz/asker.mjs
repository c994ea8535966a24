/** Lives in a service and says wrong things on its spawn socket, until that is gone: `asker.mjs SOCKET SEED SECONDS`. */

import { connect } from 'node:net'
import { createRandom, noise } from './random.mjs'

const [path, seed, seconds] = process.argv.slice(2)
const random = createRandom(Number(seed))
setTimeout(() => process.exit(), Number(seconds) * 1000)
for (let at = 0; at < 4; at++) void askOn()

async function askOn() {
  while (await ask());
}

/** False when nobody hears any more. */
function ask() {
  return new Promise(settle => {
    const socket = connect(path)
    socket.once('error', error => settle(!['ECONNREFUSED', 'ENOENT'].includes(error.code)))
    socket.once('close', () => settle(true)).resume()
    socket.setTimeout(200, () => socket.destroy())
    socket.once('connect', () => {
      if (random(4) === 0) return socket.destroy()
      for (let parts = random(4); parts > 0; parts--) socket.write(words())
      if (random(3) === 0) socket.end()
    })
  })
}

function words() {
  const kind = random(8)
  if (kind < 4) return '{"v":1,"kind":"ping"}\n'
  if (kind === 4) return Buffer.alloc(random(300_000), 'x')
  return kind === 5 ? '\n' : noise(random, random(3000))
}
