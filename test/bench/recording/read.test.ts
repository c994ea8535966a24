import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { recording } from '../../../bench/cases/recording.js'
import { readRecording } from '../../../bench/recording/read.js'

const LIMITS = { depth: 3, children: 4, rate: { limit: 1, windowMs: 1000 } }
const EVENTS = [
  { kind: 'service_registered', limits: LIMITS },
  { kind: 'root_registered', pid: 10, startTicks: 1 },
  { kind: 'spawn_granted', parentPid: 10, childName: 'a', ticket: 1 },
  { kind: 'spawn_refused', parentPid: 10, childName: 'b', refusal: { code: 'rate_limit', message: 'too fast' } },
]

function lineOf(event: object, at: number): string {
  return JSON.stringify({
    v: 1,
    cursor: `@abcdefgh-${at + 1}`,
    at: 1000,
    service: 'svc',
    number: at + 1,
    atMs: 5,
    ...event,
  })
}

t.test('the lines of events are entries, limits and requests', t => {
  const file = join(t.testdir(), 'recording.jsonl')
  writeFileSync(file, EVENTS.map(lineOf).join('\n'))
  const { entries, limits, requests } = readRecording(file)
  t.equal(requests, 2)
  t.match(limits.get('svc'), LIMITS)
  t.match(entries[1], { place: 2, at: 1000, event: { kind: 'root_registered', service: 'svc', pid: 10 } })
  t.end()
})

t.test('what is no recording is named with its line and the way out', t => {
  const file = join(t.testdir(), 'recording.jsonl')
  const fails = (text: string, message: RegExp) => {
    writeFileSync(file, text)
    t.throws(() => readRecording(file), { name: 'RangeError', message })
  }
  fails('', /holds no request: record with/)
  fails('{"v":1}\n', /recording.jsonl:1 is no event/)
  fails(`${lineOf(EVENTS[0], 0)}\nnothing\n`, /recording.jsonl:2 is no JSON/)
  fails(EVENTS.slice(1).map(lineOf).join('\n'), /no service_registered/)
  t.throws(() => readRecording(join(t.testdirName, 'none')), { name: 'RangeError', message: /cannot be read/ })
  t.end()
})

t.test(
  'the recording that is kept is answered under its own limits as it was, and otherwise without its rate',
  async t => {
    const options = { size: 'quick', rounds: 1, reference: null, recording: null } as const
    const { figures } = await recording.run(options, () => undefined)
    t.match(figures, [
      { limits: 'as recorded', changed: 0 },
      { limits: 'rate none', refused: 0, changed: 16 },
    ])
  },
)
