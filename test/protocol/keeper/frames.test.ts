import fc from 'fast-check'
import t from 'tap'
import { createReportDecoder, decodeNumbers, encodeCommand, encodeNumbers } from '../../../protocol/keeper/frames.js'
import { type Layout, readFields, sizeOf, writeFields } from '../../../protocol/keeper/layout.js'
import {
  COMMANDS,
  KEEPER_FRAME_BYTES_MAX,
  KEEPER_FRAME_HEAD,
  REPORTS,
  type ReportKind,
} from '../../../protocol/keeper/messages.js'

const kinds = Object.keys(REPORTS) as ReportKind[]

const drawnReport = fc.constantFrom(...kinds).chain(kind =>
  fc.record({
    kind: fc.constant(kind),
    id: fc.nat(2 ** 32 - 1),
    fields: fc.record(
      Object.fromEntries(
        Object.entries(REPORTS[kind].fields as Layout).map(([name, type]) => [
          name,
          fc.nat(type === 'u8' ? 255 : type === 'u32' ? 2 ** 32 - 1 : Number.MAX_SAFE_INTEGER),
        ]),
      ),
    ),
    tail: fc.uint8Array({ maxLength: 64 }),
  }),
)

t.test('reports come out as they were written, however their bytes are cut', async t => {
  fc.assert(
    fc.property(fc.array(drawnReport, { maxLength: 20 }), fc.integer({ min: 1, max: 50 }), (reports, cut) => {
      const bytes = Buffer.concat(reports.map(report => frameOf(report.kind, report)))
      const decoder = createReportDecoder()
      const seen: unknown[] = []
      for (let at = 0; at < bytes.length; at += cut) {
        const { reports: some, fault } = decoder.push(bytes.subarray(at, at + cut))
        if (fault !== null) return false
        seen.push(...some.map(report => ({ ...report, tail: [...report.tail] })))
      }
      t.same(
        seen,
        reports.map(report => ({ ...report, tail: [...report.tail] })),
      )
      return true
    }),
  )
})

t.test('hostile bytes are a fault or a report, never a crash, and after a fault nothing is read', async () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), chunks => {
      const decoder = createReportDecoder()
      let isFaulty = false
      for (const chunk of chunks) {
        const { reports, fault } = decoder.push(chunk)
        if (isFaulty && (reports.length > 0 || fault === null)) return false
        isFaulty ||= fault !== null
      }
      return true
    }),
  )
})

t.test('a frame that is too long, too short or unknown is named', async t => {
  const long = new Uint8Array(9)
  new DataView(long.buffer).setUint32(0, KEEPER_FRAME_BYTES_MAX + 1, true)
  t.match(createReportDecoder().push(long).fault, /65537 bytes/)
  t.match(createReportDecoder().push(frameOf('live_end', {}, 200)).fault, /unknown type 200/)
  t.match(createReportDecoder().push(frameOf('live_end', {}, REPORTS.exit.type)).fault, /too short for exit/)
})

t.test('a command is its length, type, id, fields and tail', async t => {
  const frame = encodeCommand('ack', 7, { seq: 2 ** 40 + 5 }, Uint8Array.of(1, 2))
  t.same([...frame], [15, 0, 0, 0, COMMANDS.ack.type, 7, 0, 0, 0, 5, 0, 0, 0, 0, 1, 0, 0, 1, 2])
  t.equal(frame.length, KEEPER_FRAME_HEAD + sizeOf(COMMANDS.ack.fields) + 2)
})

t.test('lists of numbers and fields of all sizes go through', async t => {
  t.same(decodeNumbers(encodeNumbers([0, 1, 2 ** 32 - 1])), [0, 1, 2 ** 32 - 1])
  const layout = { a: 'u8', b: 'u64', c: 'u32' } as const
  const view = new DataView(new ArrayBuffer(13))
  t.equal(writeFields(view, 0, layout, { a: 255, b: Number.MAX_SAFE_INTEGER, c: 2 ** 32 - 1 }), 13)
  t.same(readFields(view, 0, layout), { a: 255, b: Number.MAX_SAFE_INTEGER, c: 2 ** 32 - 1 })
  writeFields(view, 0, layout, { a: 0, b: Number.POSITIVE_INFINITY, c: 0 })
  t.equal(view.getBigUint64(1, true), 2n ** 64n - 1n)
})

/** A report as a keeper writes it. */
function frameOf(
  kind: ReportKind,
  report: { readonly id?: number; readonly fields?: Record<string, number>; readonly tail?: Uint8Array },
  type: number = REPORTS[kind].type,
): Buffer {
  const layout: Layout = REPORTS[kind].fields
  const { id = 0, fields = {}, tail = new Uint8Array(0) } = report
  const frame = Buffer.alloc(KEEPER_FRAME_HEAD + (report.fields === undefined ? 0 : sizeOf(layout)) + tail.length)
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  view.setUint32(0, frame.length - 4, true)
  view.setUint8(4, type)
  view.setUint32(5, id, true)
  const at = report.fields === undefined ? KEEPER_FRAME_HEAD : writeFields(view, KEEPER_FRAME_HEAD, layout, fields)
  frame.set(tail, at)
  return frame
}
