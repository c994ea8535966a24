import t from 'tap'
import { inSlice, sliceOfTurn } from '../../src/slices.js'

/** Longer than a slice, in ms. */
const LONG_MS = 2

t.test('a job is done at once when none is waiting', async t => {
  let isDone = false
  inSlice(() => {
    isDone = true
  })
  t.ok(isDone)
  await sliceOfTurn()
})

t.test(
  'jobs that hold the loop are done in the order asked, timers and others being heard between any two',
  async t => {
    const turns = countTurns()
    const seen: { readonly job: number; readonly turn: number }[] = []
    await Promise.all(
      Array.from({ length: 5 }, async (_, job) => {
        await sliceOfTurn()
        seen.push({ job, turn: turns.count })
        spin(LONG_MS)
      }),
    )
    turns.stop()
    t.same(
      seen.map(({ job }) => job),
      [0, 1, 2, 3, 4],
    )
    t.equal(new Set(seen.map(({ turn }) => turn)).size, 5, 'each in a turn of its own')
  },
)

t.test('what follows from a job through promises is done before the next job, and counts as its time', async t => {
  const turns = countTurns()
  const seen: string[] = []
  const at: number[] = []
  const chain = async (name: string) => {
    at.push(turns.count)
    for (let step = 0; step < 4; step++) await null
    spin(LONG_MS)
    seen.push(name)
  }
  await Promise.all(
    ['first', 'second', 'third'].map(
      name =>
        new Promise<void>(done => {
          inSlice(() => {
            seen.push(`${name} begins`)
            void chain(name).then(done)
          })
        }),
    ),
  )
  turns.stop()
  t.same(seen, ['first begins', 'first', 'second begins', 'second', 'third begins', 'third'])
  t.ok(at[0] < at[1] && at[1] < at[2], 'each in a later turn')
})

t.test('a job that is asked for by a job waits behind those that were there', async t => {
  const seen: string[] = []
  await new Promise<void>(done => {
    const byTheFirst = () => {
      seen.push('by the first')
      done()
    }
    const first = () => {
      inSlice(byTheFirst)
      seen.push('first')
    }
    inSlice(() => {
      inSlice(first)
      inSlice(() => seen.push('second'))
    })
  })
  t.same(seen, ['first', 'second', 'by the first'])
})

/** Turns of the event loop, as its timers have them. */
function countTurns(): { readonly count: number; stop(): void } {
  let count = 0
  let isOver = false
  const next = () => {
    count++
    if (!isOver) setImmediate(next)
  }
  setImmediate(next)
  return {
    get count() {
      return count
    },
    stop() {
      isOver = true
    },
  }
}

function spin(forMs: number): void {
  const endMs = performance.now() + forMs
  while (performance.now() < endMs);
}
