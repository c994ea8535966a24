/** The drop-in example, run as it is. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { PROJECT_ROOT } from '../support/root.js'

t.test('the child-process example refuses what is past its budget, and gets all its work done', async t => {
  const file = join(PROJECT_ROOT, 'examples', 'child-process', 'crawl.mjs')
  const env = { PATH: process.env.PATH }
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env, timeout: 60_000 })
  t.equal(stdout.match(/^page [a-h]$/gm)?.length, 8)
  t.match(stdout, /^[a-h]: Spawn limit exceeded: Maximum direct children reached, 4 of 4$/m)
  t.match(stdout, /^fetched 8 pages, never more than 4 at a time$/m)
})
