import { join } from 'node:path'
import t from 'tap'
import { startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { PROJECT_ROOT } from '../support/root.js'

t.test('the agents example meets every limit and every end, and ends by itself with 0', async t => {
  const config = join(PROJECT_ROOT, 'examples', 'agents', 'espalier.yaml')
  const run = startCli(t, privateFolder(t), ['run', '--timeout', '20s', '--show-tree', '-c', config])
  const { code, out } = await run.ended
  t.equal(code, 0)
  for (const line of [
    /^espalier \| \+ orchestrator:planner-a \(pid \d+\) below \d+, depth 1/m,
    /^espalier \| \+ orchestrator:reader-aaa \(pid \d+\) below \d+, depth 3/m,
    /! orchestrator:reader-\w+ may not spawn .*Maximum spawn depth reached/,
    /! orchestrator may not spawn worker-\d+: .*Spawn rate limit exceeded \(max 10\/sec\).*retry in/,
    /- orchestrator:crasher .* died of SIGSEGV/,
    /- orchestrator:mayfly .* died of SIGTERM \(ttl\)/,
    /- orchestrator:stubborn .* died of SIGKILL \(ttl\)/,
    /- orchestrator:forgotten .* \(cascade\)/,
    /survivors +0\n$/,
  ]) {
    t.match(out, line)
  }
})
