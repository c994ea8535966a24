import t, { type Test } from 'tap'
import { type Campaign, Violation } from '../../../bench/soak/campaign.js'
import { soak } from '../../../bench/soak/command.js'

/** Two campaigns: one holds, one is broken by the seed 8. */
const CAMPAIGNS: readonly Campaign[] = [
  { name: 'sound', summary: 'holds', rounds: 2, open: async () => ({ round: async () => undefined, close }) },
  {
    name: 'weak',
    summary: 'does not',
    rounds: 5,
    open: async () => ({
      async round(seed) {
        if (seed === 8) throw new Violation('it broke')
      },
      close,
    }),
  },
]

async function close(): Promise<void> {
  return
}

/** The exit code, and all that was said. */
async function run(t: Test, ...args: readonly string[]) {
  const said: string[] = []
  const hear = (text: unknown) => {
    said.push(String(text))
  }
  t.intercept(console, 'log', { value: hear })
  t.intercept(console, 'error', { value: hear })
  const code = await soak(args, CAMPAIGNS)
  return { code, said: said.join('\n') }
}

t.test('a campaign that holds ends with 0', async t => {
  t.match(await run(t, 'sound'), { code: 0, said: /sound: held in 2 rounds/ })
  t.match(await run(t, 'weak', '--rounds', '3', '--seed', '5'), { code: 0, said: /3 rounds from seed 5/ })
})

t.test('one that is broken ends with 1, the seed, and how to see it again', async t => {
  const { code, said } = await run(t, 'weak', '--seed', '6')
  t.equal(code, 1)
  t.match(said, /broken in round 3, seed 8: it broke/)
  t.match(said, /npm run soak -- weak --rounds 1 --seed 8/)
  t.match(said, /npm run soak -- weak --rounds 3 --seed 6/)
})

t.test('arguments that mean nothing end with 2, and name the campaigns', async t => {
  for (const args of [[], ['nobody'], ['weak', 'sound'], ['weak', '--rounds', '0'], ['weak', '--seed', 'x'], ['--x']]) {
    t.match(await run(t, ...args), { code: 2, said: /usage: .*weak +does not/s }, args.join(' '))
  }
})
