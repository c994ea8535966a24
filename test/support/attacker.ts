/** A process of a service that tries what it should not: a script of its own, run below a keeper, its outcome in a file. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './processes.js'

/** What every attack has at hand: `ask` sends bytes on a connection of its own and answers what came back. */
const PRELUDE = `
const { connect } = require('node:net')
const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const SOCKET = process.env.ESPALIER_SOCKET
const request = (more = {}) => JSON.stringify({ v: 1, kind: 'spawn', name: 'kid', argv: ['true'], cwd: '/', env: {}, ...more }) + '\\n'
const dial = (path = SOCKET) => new Promise((done, fail) => { const s = connect(path, () => done(s)); s.on('error', fail) })
const all = s => new Promise(done => { let t = ''; s.on('data', d => { t += d }); s.on('close', () => done(t)); s.on('error', () => done(t)) })
const ask = async bytes => { const s = await dial(); const text = all(s); s.write(bytes); return text }
const askOperator = async bytes => { const s = await dial('control.sock'); const text = all(s); s.write(bytes); return text }
// A connection passed on by Node does not wait for bytes: it is read until some have come.
const READ = 'n=0; while [ $n -lt 100 ]; do cat <&3 >answer.part 2>/dev/null; [ -s answer.part ] && break; n=$((n+1)); sleep 0.05; done; cat answer.part'
const main = async () => {
`

/** Writes the attack to `folder`; its returned text is to be read with `outcomeOf`. */
export function writeAttack(folder: string, name: string, body: string): string {
  const file = join(folder, `${name}.cjs`)
  const out = JSON.stringify(join(folder, `${name}.out`))
  const end = `}\nmain().then(x => x, e => 'threw ' + e.message).then(x => { fs.writeFileSync(${out} + '.new', String(x)); fs.renameSync(${out} + '.new', ${out}) })\n`
  writeFileSync(file, PRELUDE + body + end)
  return file
}

/** What the attack came to. */
export async function outcomeOf(folder: string, name: string, withinMs?: number): Promise<string> {
  const file = join(folder, `${name}.out`)
  await eventually(`the attack ${name} has ended`, () => existsSync(file), withinMs)
  return readFileSync(file, 'utf8')
}
