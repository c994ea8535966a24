/**
 * A program that forks too much, moved into a budget by its one import. With `node:child_process` it starts eight processes at once;
 * here four run, the others are told to wait, as they would be told ENOENT.
 */
import { setTimeout as delay } from 'node:timers/promises'
// Before: import { spawn } from 'node:child_process'
import { setLimits, spawn, supervisor } from 'espalier/child-process'

await setLimits({ children: 4, rate: '20/1s' })

const pages = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
await Promise.all(pages.map(fetchPage))
console.log(`fetched ${pages.length} pages, never more than 4 at a time`)
await supervisor().close()

async function fetchPage(page) {
  for (;;) {
    try {
      return await run('sh', ['-c', `sleep 0.2; echo page ${page}`])
    } catch (error) {
      if (error.code !== 'child_limit') throw error
      console.log(`${page}: ${error.message}, ${error.current} of ${error.limit}`)
      await delay(150)
    }
  }
}

/** Code as it was. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    child.once('error', reject)
    child.once('exit', code => (code === 0 ? resolve() : reject(new Error(`${command} exited with ${code}`))))
  })
}
