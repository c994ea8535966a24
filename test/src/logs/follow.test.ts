import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { followLogs } from '../../../src/logs/follow.js'
import type { LogLine } from '../../../src/logs/line.js'
import { LogTail } from '../../../src/logs/tail.js'

const TIME = '2026-01-31T12:00:00.000Z'
const LINE: LogLine = { time: TIME, service: 'web', label: 'web', pid: 1, stream: 'out', text: 'x' }

t.test('a flood that is followed lets everything else have its turn', async t => {
  const endless = { service: 'web', missing: 0, next: () => [LINE], flush: () => [] } as unknown as LogTail
  let shown = 0
  let turns = 0
  const immediate = () => {
    turns++
    setImmediate(immediate).unref()
  }
  immediate()
  const reader = { show: async () => ++shown < 1000, missed: () => undefined }
  await followLogs(() => [endless], reader, new AbortController().signal)
  t.ok(turns > 500, `${turns} turns`)
})

t.test('at the end the last lines are shown, those without an end too', async t => {
  const folder = t.testdir()
  const file = join(folder, '0000000001.log')
  mkdirSync(folder, { recursive: true })
  const tail = new LogTail('web', folder, 'now')
  t.teardown(() => tail.close())
  const texts: string[] = []
  const reader = {
    async show(lines: readonly LogLine[]) {
      texts.push(...lines.map(({ text }) => text))
      return true
    },
    missed: () => undefined,
  }
  const end = new AbortController()
  const done = followLogs(() => [tail], reader, end.signal)
  appendFileSync(file, `${TIME} web 1 out one\n${TIME} web 1 out+ half`)
  appendFileSync(file, `\n`)
  end.abort()
  await done
  t.same(texts, ['one', 'half'])
})
