import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import t, { type Test } from 'tap'
import { damagedTables, isWholeTable } from '../../../src/store/tables.js'
import { privateFolder } from '../../support/folder.js'

/** At the end of a table: two handles, what is not used, and what it is. */
const FOOTER_BYTES = 48

t.test('every bit that flips in a block of a table is found', async t => {
  const { folder, name } = await tableOf(t)
  const table = readFileSync(join(folder, name))
  t.ok(isWholeTable(table))
  t.strictSame(damagedTables(folder), [])
  for (let at = 0; at < table.length - FOOTER_BYTES; at++) {
    table[at] ^= 1 << (at % 8)
    if (isWholeTable(table)) t.fail(`byte ${at} of ${table.length} is believed`)
    table[at] ^= 1 << (at % 8)
  }
  table[table.length >> 1] ^= 1
  writeFileSync(join(folder, name), table)
  t.strictSame(damagedTables(folder), [name])
})

t.test('a table without its end is damaged, whatever it lacks', async t => {
  const { folder, name } = await tableOf(t)
  const table = readFileSync(join(folder, name))
  for (let length = 0; length < table.length; length++) {
    if (isWholeTable(table.subarray(0, length))) t.fail(`${length} of ${table.length} bytes are believed`)
  }
})

t.test('a table that was compressed is none of ours', async t => {
  const { folder, name } = await tableOf(t, true)
  t.strictSame(damagedTables(folder), [name])
})

t.test('where there is no database no table is damaged', async t => {
  t.strictSame(damagedTables(join(privateFolder(t), 'none')), [])
})

/** The one table of a database: its log becomes one when it is opened again. */
async function tableOf(t: Test, compression = false) {
  const folder = privateFolder(t)
  const level = new ClassicLevel(folder, { compression })
  for (let at = 0; at < 300; at++) await level.put(`key ${at}`, `${at} `.repeat(at % 40))
  await level.close()
  await level.open()
  await level.close()
  const [name] = readdirSync(folder).filter(one => one.endsWith('.ldb'))
  return { folder, name }
}
