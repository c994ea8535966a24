import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import t, { type Test } from 'tap'
import { type OpenedStore, openStore } from '../../../src/store/open.js'
import { encodeValue } from '../../../src/store/record.js'
import { privateFolder } from '../../support/folder.js'

t.test('what was written is there when the store is opened again, with nothing to be said', async t => {
  const folder = await filled(t)
  const { store, records, notes } = await openStore(folder, 'boot')
  t.strictSame(notes, [])
  t.equal(records.filter(({ kind }) => kind === 'end').length, 50)
  t.match(
    records.find(({ kind }) => kind === 'service'),
    { service: 'web', fields: { charges: 50 } },
  )
  await store.write([{ kind: 'end', service: 'web', fields: {} }])
  await store.close()
  const again = await reopened(t, folder)
  t.equal(again.records.filter(({ kind }) => kind === 'end').length, 51)
  t.strictSame(again.notes, [])
})

t.test('a store that another has open is said to be in use', async t => {
  const folder = await filled(t)
  await reopened(t, folder)
  await t.rejects(openStore(folder, 'boot'), { code: 'locked', message: /another daemon has it open.*--state-dir/ })
})

t.test('a store of a later version is left alone', async t => {
  const folder = await filled(t)
  const level = new ClassicLevel<string, Buffer>(join(folder, 'level'), { valueEncoding: 'buffer', compression: false })
  const value = encodeValue('!sums', 1, {}, 2)
  await level.put('!sums', value)
  await level.close()
  await t.rejects(openStore(folder, 'boot'), { code: 'newer', message: /later espalier \(format 2.*run that version/ })
  t.notOk(readdirSync(folder).some(name => name.startsWith('damaged')))
})

t.test('a flipped bit is named, put aside and not served; what is whole goes on', async t => {
  const folder = await filled(t)
  const log = logOf(folder)
  const bytes = readFileSync(log)
  bytes[bytes.length >> 1] ^= 4
  writeFileSync(log, bytes)
  const { records, notes, store } = await openStore(folder, 'boot')
  t.match(notes.join('\n'), /missing.*damaged store lies in .*damaged-1/s)
  t.ok(existsSync(join(folder, 'damaged-1', 'level')))
  const ends = records.filter(({ kind }) => kind === 'end')
  t.ok(ends.length < 50 && ends.length > 0)
  for (const { number, fields } of ends) t.equal(fields.at, number)
  t.match(
    records.find(({ kind }) => kind === 'service'),
    { fields: { charges: 50 } },
    'the ledger has it',
  )
  await store.close()
  const again = await reopened(t, folder)
  t.strictSame(again.notes, [], 'it is whole again')
  t.equal(again.records.length, records.length)
})

t.test('a table that would end the process is named and left out, and what others hold goes on', async t => {
  const folder = await filled(t)
  const { store } = await openStore(folder, 'boot')
  await store.write([{ kind: 'end', service: 'web', fields: { at: 51 } }])
  await store.close()
  const level = join(folder, 'level')
  const [table] = readdirSync(level).filter(name => name.endsWith('.ldb'))
  const bytes = readFileSync(join(level, table))
  bytes.fill(0, 10, 200)
  writeFileSync(join(level, table), bytes)
  const opened = await openStore(folder, 'boot')
  t.match(opened.notes.join('\n'), new RegExp(`the table ${table} is damaged.*damaged-1`, 's'))
  t.match(
    opened.records.filter(({ kind }) => kind !== 'life'),
    [
      { kind: 'end', number: 51, fields: { at: 51 } },
      { kind: 'service', fields: { charges: 50 } },
    ],
  )
  await opened.store.close()
  t.strictSame((await reopened(t, folder)).notes, [], 'it is whole again')
  t.strictSame(readdirSync(folder).sort(), ['damaged-1', 'ledger', 'level'])
})

t.test('a store whose tables another process still writes is in use, not damaged', async t => {
  const folder = await filled(t)
  await (await openStore(folder, 'boot')).store.close()
  const level = join(folder, 'level')
  const [table] = readdirSync(level).filter(name => name.endsWith('.ldb'))
  truncateSync(join(level, table), 100)
  const holder = spawn(process.execPath, ['-e', HOLDER, level], { env: {}, stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(async () => {
    const gone = once(holder, 'exit')
    holder.stdin.end()
    await gone
  })
  await once(holder.stdout, 'data')
  await t.rejects(openStore(folder, 'boot'), { code: 'locked', message: /another daemon has it open/ })
  t.notOk(existsSync(join(folder, 'damaged-1')))
})

t.test('an end that is cut off is missed, and charges are right all the same', async t => {
  const folder = await filled(t)
  const log = logOf(folder)
  truncateSync(log, statSync(log).size - 700)
  const { records, notes } = await reopened(t, folder)
  t.match(notes.join('\n'), /the last \d+ batches are missing/)
  t.match(
    records.find(({ kind }) => kind === 'service'),
    { fields: { charges: 50 } },
  )
})

t.test('the oldest of a sequence that is gone is missed', async t => {
  const folder = await filled(t)
  const level = new ClassicLevel(join(folder, 'level'), { compression: false })
  await level.del('end!web!0000000000000001')
  await level.close()
  const { records, notes, store } = await openStore(folder, 'boot')
  t.match(notes.join('\n'), /records are missing/)
  t.equal(records.filter(({ kind }) => kind === 'end').length, 49)
  await store.close()
  t.strictSame((await reopened(t, folder)).notes, [], 'it is whole again')
})

t.test('a slot that is gone, or is as it was once, is missed', async t => {
  for (const value of [null, encodeValue('life!web!0000000000000002', 1, { number: 2 })]) {
    const folder = await filled(t)
    const level = new ClassicLevel<string, Buffer>(join(folder, 'level'), {
      valueEncoding: 'buffer',
      compression: false,
    })
    if (value === null) await level.del('life!web!0000000000000002')
    else await level.put('life!web!0000000000000002', value)
    await level.close()
    t.match((await reopened(t, folder)).notes.join('\n'), /records are missing, or are older than they should be/)
  }
})

t.test('a store of which nothing was whole is whole when it is opened again', async t => {
  const folder = privateFolder(t)
  const { store } = await openStore(folder, 'boot')
  await store.write([{ kind: 'end', service: 'web', fields: {} }])
  await store.close()
  writeFileSync(join(folder, 'level', 'CURRENT'), 'nonsense\n')
  await (await openStore(folder, 'boot')).store.close()
  t.strictSame((await reopened(t, folder)).notes, [])
})

t.test('what a power cut took is said, and no damage', async t => {
  const folder = await filled(t)
  const mark = readFileSync(join(folder, 'ledger'))
  const { store } = await openStore(folder, 'boot')
  for (let at = 0; at < 5; at++) await store.write([{ kind: 'end', service: 'web', fields: { at: 51 + at } }])
  await store.close()
  const ahead = readFileSync(join(folder, 'ledger'))
  t.not(mark, ahead)
  // The files as they were five batches before, and the ledger of now.
  const other = await filled(t)
  writeFileSync(join(other, 'ledger'), ahead)
  const { notes } = await reopened(t, other, 'the next boot')
  t.match(notes, [/the last 5 batches are missing: the machine went down/])
  t.notOk(existsSync(join(other, 'damaged-1')))
})

t.test('a damaged ledger is named, and the store has what it held', async t => {
  const folder = await filled(t)
  const ledger = join(folder, 'ledger')
  const bytes = readFileSync(ledger)
  bytes[20] ^= 1
  bytes[1024 + 30] ^= 1
  writeFileSync(ledger, bytes)
  const { records, notes, store } = await openStore(folder, 'boot')
  t.match(notes, [/place 0 is damaged/, /place 1 is damaged/])
  t.match(
    records.find(({ kind }) => kind === 'service'),
    { fields: { charges: 50 } },
  )
  await store.close()
  t.strictSame((await reopened(t, folder)).notes, [])
})

t.test('a database that is no database is put aside, and the ledger still has the charges', async t => {
  const folder = await filled(t)
  writeFileSync(join(folder, 'level', 'CURRENT'), 'nonsense\n')
  const { records, notes } = await reopened(t, folder)
  t.match(notes.join('\n'), /cannot be opened/)
  t.match(records, [{ kind: 'service', fields: { charges: 50 } }])
})

t.test('a database that the disk will not let us open is not called damaged, and stays where it is', async t => {
  const folder = await filled(t)
  const lock = join(folder, 'level', 'LOCK')
  rmSync(lock)
  // A link to itself cannot be opened, whoever asks: it stands for a full disk.
  symlinkSync('LOCK', lock)
  const { store, records, notes } = await openStore(folder, 'boot')
  t.match(store.state, { place: 'memory', reason: /cannot be used: IO error.*symbolic links/ })
  t.match(notes, [/nothing is stored/])
  t.match(records, [{ kind: 'service', fields: { charges: 50 } }], 'the ledger tells what is used up for life')
  rmSync(lock)
  const again = await reopened(t, folder)
  t.strictSame(again.notes, [])
  t.equal(again.records.filter(({ kind }) => kind === 'end').length, 50)
})

t.test('a database that was complete when its writer was killed takes the place of the damaged one', async t => {
  const folder = await filled(t)
  mkdirSync(join(folder, 'fresh'))
  renameSync(join(folder, 'level'), join(folder, 'fresh', 'level'))
  const { records, notes } = await reopened(t, folder)
  t.strictSame(notes, [])
  t.equal(records.filter(({ kind }) => kind === 'end').length, 50)
})

t.test('of what is damaged the last three are kept aside', async t => {
  const folder = await filled(t)
  for (let at = 1; at <= 5; at++) {
    writeFileSync(join(folder, 'level', 'CURRENT'), 'nonsense\n')
    await (await openStore(folder, 'boot')).store.close()
  }
  t.strictSame(
    readdirSync(folder).filter(name => name.startsWith('damaged')),
    ['damaged-3', 'damaged-4', 'damaged-5'],
  )
})

t.test('where nothing can be written it is in memory, and says why', async t => {
  const folder = join(privateFolder(t), 'file')
  writeFileSync(folder, '')
  const { store, notes } = await openStore(folder, 'boot')
  t.match(store.state, { place: 'memory', reason: /cannot be used/ })
  t.match(notes, [/nothing is stored/])
  await t.resolves(store.write([{ kind: 'end', service: 'web', fields: {} }]))
})

/** Holds a database open until its input ends. It may not like what it finds there: its lock is what counts. */
const HOLDER = `
const { linkSync, mkdtempSync, rmSync } = require('node:fs')
const { join } = require('node:path')
const { ClassicLevel } = require('classic-level')
const [, level] = process.argv
const folder = mkdtempSync(join(level, '..', 'holder-'))
linkSync(join(level, 'LOCK'), join(folder, 'LOCK'))
new ClassicLevel(folder).open().then(() => process.stdout.write('open'))
process.stdin.resume().on('end', () => { rmSync(folder, { recursive: true }); process.exit() })
`

/** 50 ends, 3 lives, 50 charges of one service. */
async function filled(t: Test): Promise<string> {
  const folder = join(privateFolder(t), 'store')
  mkdirSync(folder, { mode: 0o700 })
  const { store } = await openStore(folder, 'boot')
  for (let at = 1; at <= 50; at++) {
    await store.write([{ kind: 'end', service: 'web', fields: { at } }])
    await store.write([{ kind: 'service', service: 'web', fields: { charges: at } }], at % 10 === 0)
  }
  for (const number of [1, 2, 3]) await store.write([{ kind: 'life', service: 'web', number, fields: { number } }])
  await store.close()
  return folder
}

async function reopened(t: Test, folder: string, boot = 'boot'): Promise<OpenedStore> {
  const opened = await openStore(folder, boot)
  t.teardown(() => opened.store.close())
  return opened
}

function logOf(folder: string): string {
  const level = join(folder, 'level')
  const logs = readdirSync(level).filter(name => name.endsWith('.log'))
  return join(level, logs.at(-1) ?? '')
}
