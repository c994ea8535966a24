import t from 'tap'
import { parseConfig } from '../../../src/config/parse.js'
import { ConfigError } from '../../../src/config/types.js'

t.test('what the processes of a service may do and use stands beside their command', t => {
  const [web, plain] = parseConfig(
    `services:
  web:
    command: a
    user: 1000
    no_new_privs: false
    nice: -5
    rlimits: { nofile: 1024, core: 0, as: 2G, nproc: '100:200', memlock: unlimited, stack: 8M:unlimited }
  plain: { command: a }
`,
    'x.yaml',
  ).services
  t.match(web, { user: '1000', noNewPrivileges: false, nice: -5 })
  t.strictSame(web.resourceLimits, [
    { resource: 7, soft: 1024, hard: 1024 },
    { resource: 4, soft: 0, hard: 0 },
    { resource: 9, soft: 2 * 1024 ** 3, hard: 2 * 1024 ** 3 },
    { resource: 6, soft: 100, hard: 200 },
    { resource: 8, soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY },
    { resource: 3, soft: 8 * 1024 ** 2, hard: Number.POSITIVE_INFINITY },
  ])
  t.notOk('user' in plain || 'nice' in plain || 'noNewPrivileges' in plain || 'resourceLimits' in plain)
  t.end()
})

t.test('rights that are misspelt are errors with a way out, never no right or every one', t => {
  const problem = (line: string) => {
    try {
      parseConfig(`services: { web: { command: a, ${line} } }`, 'x.yaml')
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(({ key, message }) => `${key}: ${message}`).join('\n')
      throw error
    }
    return 'it was taken'
  }
  t.match(problem("user: ''"), /services\.web\.user: .*not a user; give a name or a uid/)
  t.match(problem('user: -u'), /not a user/)
  t.match(problem('user: [root]'), /not a user/)
  t.match(problem('user: 0x10:3'), /not a user/)
  t.match(problem('user:'), /not a user/)
  t.match(problem("no_new_privs: 'no'"), /neither true nor false/)
  t.match(problem('nice: 20'), /20 is not a priority; give a whole number from -20 .* to 19/)
  t.match(problem('nice: 1.5'), /not a priority/)
  t.match(problem('rlimits: 7'), /not a set of resource limits/)
  t.match(problem('rlimits: { nofiles: 7 }'), /rlimits\.nofiles: .*Did you mean .*nofile.*Resources are/i)
  t.match(problem('rlimits: { toString: 7 }'), /not a resource/)
  t.match(problem('rlimits: { nofile: lots }'), /not a limit; give a number/)
  t.match(problem('rlimits: { nofile: -1 }'), /not a limit/)
  t.match(problem("rlimits: { nofile: '1:2:3' }"), /not a limit/)
  t.match(problem("rlimits: { nofile: '9:2' }"), /soft limit above its hard one/)
  t.match(problem('nce: 7'), /nce.*Did you mean .*nice/)
  t.end()
})
