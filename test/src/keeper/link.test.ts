import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { KEEPER_FRAME_HEAD, REPORTS } from '../../../protocol/keeper/messages.js'
import { KeeperLink } from '../../../src/keeper/link.js'

const REPORTS_SENT = 20
/** Longer than a slice, in ms. */
const LONG_MS = 2

t.test('reports that came together are heard in order, others being heard between, and all before the end', async t => {
  const { ours, theirs } = await pair(t)
  let others = 0
  let isOver = false
  const hear = () => {
    others++
    if (!isOver) setImmediate(hear)
  }
  setImmediate(hear)
  const heard: { readonly id: number; readonly others: number }[] = []
  const ended = new Promise<void>(settle => {
    const link = new KeeperLink(
      ours,
      {
        heard: report => {
          heard.push({ id: report.id, others })
          const endMs = performance.now() + LONG_MS
          while (performance.now() < endMs);
        },
        paused: () => undefined,
        closed: () => settle(),
      },
      0,
      0,
    )
    link.hold(true)
    ours.on('data', bytes => link.read(bytes))
  })
  theirs.end(Buffer.concat(Array.from({ length: REPORTS_SENT }, (_, at) => liveEnd(at + 1))))
  await ended
  isOver = true
  t.same(
    heard.map(({ id }) => id),
    Array.from({ length: REPORTS_SENT }, (_, at) => at + 1),
  )
  t.ok(heard[REPORTS_SENT - 1].others > heard[0].others, 'others were heard between')
})

t.test('what is no report ends the link when all before it is heard', async t => {
  const { ours, theirs } = await pair(t)
  const heard: number[] = []
  const why = new Promise<string>(settle => {
    const link = new KeeperLink(
      ours,
      { heard: ({ id }) => heard.push(id), paused: () => undefined, closed: settle },
      0,
      0,
    )
    link.hold(true)
    ours.on('data', bytes => link.read(bytes))
  })
  const bad = liveEnd(3)
  bad.writeUInt8(255, 4)
  theirs.write(Buffer.concat([liveEnd(1), liveEnd(2), bad, liveEnd(4)]))
  t.match(await why, /unknown type 255/)
  t.same(heard, [1, 2])
})

/** A report without fields. */
function liveEnd(id: number): Buffer {
  const frame = Buffer.alloc(KEEPER_FRAME_HEAD)
  frame.writeUInt32LE(KEEPER_FRAME_HEAD - 4, 0)
  frame.writeUInt8(REPORTS.live_end.type, 4)
  frame.writeUInt32LE(id, 5)
  return frame
}

async function pair(t: Test): Promise<{ readonly ours: Socket; readonly theirs: Socket }> {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-link-'))
  const server = createServer().listen(join(folder, 'link.sock'))
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const ours = connect(join(folder, 'link.sock'))
  const [theirs] = (await accepted) as [Socket]
  // What is said at hello is nothing to this end.
  theirs.resume()
  t.teardown(() => {
    ours.destroy()
    theirs.destroy()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { ours, theirs }
}
