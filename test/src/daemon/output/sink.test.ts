import { PassThrough, Readable, Writable } from 'node:stream'
import t from 'tap'
import { relayOutput } from '../../../../src/daemon/output/relay.js'
import { createSink, type SinkStream, WAITING_BYTES_MAX } from '../../../../src/daemon/output/sink.js'

/** A stream whose reader takes nothing until it is told to. */
function stuckStream() {
  let release: (() => void) | null = null
  let isOpen = false
  const texts: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, callback) {
      texts.push(String(chunk))
      if (isOpen) callback()
      else release = callback
    },
  })
  return {
    stream,
    text: () => texts.join(''),
    open() {
      isOpen = true
      release?.()
    },
  }
}

function collected(stream: PassThrough): () => string {
  let text = ''
  stream.on('data', chunk => {
    text += String(chunk)
  })
  return () => text
}

t.test('lines are written in order', async t => {
  const stream = new PassThrough()
  const text = collected(stream)
  const sink = createSink(stream)
  sink.lines(['a'])
  sink.lines(['b', 'c'])
  sink.lines([])
  await sink.flush()
  t.equal(text(), 'a\nb\nc\n')
})

t.test('a footer stands below the lines on a terminal, and nowhere else', async t => {
  const terminal: SinkStream & PassThrough = Object.assign(new PassThrough(), { isTTY: true })
  const text = collected(terminal)
  const sink = createSink(terminal)
  sink.footer(['one', 'two'])
  sink.lines(['above'])
  sink.footer([])
  await sink.flush()
  t.equal(text(), 'one\ntwo\n\u001b[2A\u001b[0Jabove\none\ntwo\n\u001b[2A\u001b[0J')

  const file = new PassThrough()
  const plain = collected(file)
  const other = createSink(file)
  other.footer(['one'])
  other.lines(['line'])
  await other.flush()
  t.equal(plain(), 'line\n')
})

t.test('a reader that has gone is no failure, and nothing waits for it', async t => {
  for (const code of ['EPIPE', 'EIO']) {
    const stream = new Writable({
      write(_chunk, _encoding, callback) {
        callback(Object.assign(new Error(code), { code }))
      },
      autoDestroy: false,
    })
    const sink = createSink(stream)
    sink.lines(['into the void'])
    await new Promise(settle => setImmediate(settle))
    for (let i = 0; i < 3; i++) sink.lines(['x'.repeat(WAITING_BYTES_MAX)])
    t.notOk(sink.isFull())
    let called = false
    sink.onceRoom(() => {
      called = true
    })
    t.ok(called)
    await sink.flush()
  }
})

t.test('a slow reader is waited for, and nothing is lost', async t => {
  const slow = stuckStream()
  const sink = createSink(slow.stream)
  sink.lines(['x'.repeat(WAITING_BYTES_MAX)])
  sink.lines(['last'])
  t.ok(sink.isFull())
  const room = new Promise<void>(settle => sink.onceRoom(settle))
  slow.open()
  await room
  t.notOk(sink.isFull())
  await sink.flush()
  t.match(slow.text(), /x\nlast\n$/)
})

t.test('a stuck reader is waited for no longer than the bound; what is dropped is counted and said', async t => {
  const stuck = stuckStream()
  const sink = createSink(stuck.stream, { stuckMs: 20 })
  sink.lines(['x'.repeat(WAITING_BYTES_MAX)])
  t.ok(sink.isFull())
  await new Promise<void>(settle => sink.onceRoom(settle))
  t.notOk(sink.isFull(), 'writers go on')
  sink.lines(['lost'])
  sink.lines(['lost', 'lost'])
  const drained = new Promise<void>(settle => stuck.stream.once('drain', settle))
  stuck.open()
  await drained
  sink.lines(['after'])
  await sink.flush()
  t.match(stuck.text(), /3 lines are missing here.*\nafter\n$/)
  t.notMatch(stuck.text(), /lost/)
})

t.test('relayed output has its prefix and no control bytes', async t => {
  const stream = new PassThrough()
  const text = collected(stream)
  const sink = createSink(stream)
  await relayOutput('svc:child', Readable.from([Buffer.from('red \u001b[31m\npar'), Buffer.from('tial')]), sink)
  await sink.flush()
  t.equal(text(), 'svc:child | red \\x1b[31m\nsvc:child | partial\n')
})

t.test('output waits while the sink is full, so that its process does', async t => {
  const slow = stuckStream()
  const sink = createSink(slow.stream)
  const source = new Readable({ read: () => undefined })
  const done = relayOutput('p', source, sink)
  source.push(Buffer.from(`${'x\n'.repeat(WAITING_BYTES_MAX / 2)}`))
  await new Promise<void>(settle => source.once('pause', settle))
  source.push('after\n')
  source.push(null)
  slow.open()
  await done
  await sink.flush()
  t.match(slow.text(), /p \| after\n$/)
})
