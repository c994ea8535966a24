import t from 'tap'
import { logLineJson, logLineText, missedJson, missedText, timedLineText } from '../../../src/cli/log-lines.js'
import type { LogLine } from '../../../src/logs/line.js'

const LINE: LogLine = {
  time: '2026-01-31T12:00:00.000Z',
  service: 'web',
  label: 'web:worker',
  pid: 42,
  stream: 'err',
  text: 'a\u001b[2J',
}

t.test('a line is shown with its label, and with its time and pid where it is looked up', async t => {
  t.equal(logLineText(LINE), 'web:worker | a\\x1b[2J')
  t.equal(timedLineText(LINE), '2026-01-31T12:00:00.000Z web:worker[42] ! a\\x1b[2J')
  const { time, service, pid, stream, text } = LINE
  t.same(JSON.parse(logLineJson(LINE)), { v: 1, kind: 'line', time, service, name: 'worker', pid, stream, text })
  t.match(JSON.parse(logLineJson({ ...LINE, label: 'web' })), { name: null })
})

t.test('missing lines are told with their number and why', async t => {
  const lost: LogLine = { ...LINE, label: 'web', pid: 0, stream: 'lost', text: '3 99 28' }
  t.equal(timedLineText(lost), `${LINE.time} web | 3 lines (99 bytes) are missing here: the disk took none (ENOSPC)`)
  t.match(JSON.parse(logLineJson(lost)), { kind: 'lost', lines: 3, bytes: 99, error: 'ENOSPC' })
  t.match(missedText('web', 2), /lines of web are missing here: 2 log files/)
  t.same(JSON.parse(missedJson('web', 2)), { v: 1, kind: 'missed', service: 'web', files: 2 })
})
