import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { keepOutput, TAIL_BYTES_MAX } from '../../../src/launcher/output.js'
import { readAll } from '../../launcher/processes.js'

const turn = () => new Promise(settle => setImmediate(settle))

t.test('nothing is read while the process lives and nobody listens', async t => {
  const source = Readable.from([Buffer.from('a'), Buffer.from('b')])
  const output = keepOutput(source, new Promise(() => undefined))
  await turn()
  t.equal(output.readableLength, 0)
  t.equal(await readAll(output), 'ab')
})

t.test('what was not read is kept when the process ends', async t => {
  const source = new PassThrough()
  source.write('last words')
  const output = keepOutput(source, Promise.resolve())
  source.end()
  await turn()
  await turn()
  t.ok(source.readableEnded, 'the pipe was read to its end, so its descriptor is closed')
  t.equal(await readAll(output), 'last words')
})

t.test('what is kept of an ended process is bounded, and the rest still comes when read', async t => {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const count = 64
  let given = 0
  const source = new Readable({
    read() {
      this.push(given++ < count ? chunk : null)
    },
  })
  const output = keepOutput(source, Promise.resolve())
  for (let turns = 0; turns < 200; turns++) await turn()
  t.ok(output.readableLength >= TAIL_BYTES_MAX)
  t.ok(output.readableLength <= TAIL_BYTES_MAX + 2 * chunk.length)
  t.equal((await readAll(output)).length, count * chunk.length)
})

t.test('giving up the output closes the pipe', async t => {
  const source = new PassThrough()
  const output = keepOutput(source, new Promise(() => undefined))
  output.destroy()
  await turn()
  t.ok(source.destroyed)
})

t.test('a pipe that breaks is the end of the output, not an error', async t => {
  const source = new PassThrough()
  const output = keepOutput(source, new Promise(() => undefined))
  const all = readAll(output)
  source.write('some')
  await turn()
  source.destroy(new Error('EIO'))
  t.equal(await all, 'some')
})
