import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { blocksOf } from '../support/doc-commands.js'
import { privateFolder } from '../support/folder.js'
import { textOf } from '../support/processes.js'
import { PROJECT_ROOT } from '../support/root.js'

t.test(
  'what npm start runs meets every limit and every end, says why the last refusal was one, and ends with 0',
  async t => {
    const start = spawn(
      'env',
      ['-u', 'NODE_OPTIONS', process.execPath, join('examples', 'start.mjs'), '--timeout', '90s'],
      {
        cwd: PROJECT_ROOT,
        env: { ...process.env, HOME: privateFolder(t) },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const [out, [code]] = await Promise.all([textOf(start.stdout), once(start, 'close')])
    t.equal(code, 0)
    for (const line of [
      /^espalier \| \+ orchestrator:planner-a \(pid \d+\) below \d+, depth 1/m,
      /^espalier \| \+ orchestrator:reader-aaa \(pid \d+\) below \d+, depth 3/m,
      /! orchestrator:reader-\w+ may not spawn .*Maximum spawn depth reached/,
      // Twenty at once pass ten in a second, or on a machine that takes longer than that twelve at a time.
      /! orchestrator may not spawn worker-\d+: .*(Spawn rate limit exceeded \(max 10\/sec\).*retry in|Maximum direct children)/,
      /- orchestrator:crasher .* died of SIGSEGV/,
      /- orchestrator:mayfly .* died of SIGTERM \(ttl\)/,
      /- orchestrator:stubborn .* died of SIGKILL \(ttl\)/,
      /- orchestrator:forgotten .* \(cascade\)/,
      /^refusal 0-\d+ of service orchestrator: .+\n {2}rule .+\n {2}figures .+\n {2}asked .+\n {2}chain .+\n {2}passes .+\n {2}help .+\n(.+\n)?summary$/m,
      /survivors +0\n$/,
    ]) {
      t.match(out, line)
    }
    t.same(labelsOf(out), labelsOf(shown()), 'as the README shows it')
  },
)

/** What the README says that it prints. */
function shown(): string {
  const readme = readFileSync(join(PROJECT_ROOT, 'README.md'), 'utf8')
  const end = blocksOf(readme).find(({ block }) => /^ {2}survivors/m.test(block))
  if (end === undefined) throw new Error('the README shows no end of a run')
  return end.block
}

/** The first words of the why, but one that is not always there, and of the summary. */
function labelsOf(text: string): readonly string[] {
  return [...text.matchAll(/^ {2}(\w+(?: \w+)*) {2,}/gm)].map(([, label]) => label!).filter(label => label !== 'alike')
}
