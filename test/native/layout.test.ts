/** The C mirror of `protocol/keeper` is held to it: the keeper prints its layouts, and they must be these. */

import { spawnSync } from 'node:child_process'
import t from 'tap'
import { type Layout, sizeOf } from '../../protocol/keeper/layout.js'
import {
  COMMANDS,
  KEEPER_FLAGS,
  KEEPER_FRAME_BYTES_MAX,
  KEEPER_VERSION,
  REPORTS,
  RESOURCE_LIMIT,
  SPAWN_STEPS,
  SPAWN_TEXT_BYTES_MAX,
} from '../../protocol/keeper/messages.js'
import { hasKeeper, keeperProgram } from '../../src/keeper/program.js'

t.test('the keeper and the daemon mean the same bytes', async t => {
  if (!hasKeeper()) return t.pass('no keeper was built')
  const printed = spawnSync(keeperProgram(), ['--layout'], { encoding: 'utf8', env: {} }).stdout.trim().split('\n')
  const messages = Object.entries<{ type: number; fields: Layout }>({ ...COMMANDS, ...REPORTS })
  t.same(printed, [
    ...messages.map(([name, { type, fields }]) => ['message', snake(name), type, ...fieldsOf(fields)].join(' ')),
    ...SPAWN_STEPS.map(step => `step ${step}`),
    ...Object.entries(KEEPER_FLAGS).map(([name, value]) => `flag ${name} ${value}`),
    `size exit ${sizeOf(REPORTS.exit.fields)}`,
    `size limit ${sizeOf(RESOURCE_LIMIT)}`,
    `bound frame ${KEEPER_FRAME_BYTES_MAX}`,
    `bound text ${SPAWN_TEXT_BYTES_MAX}`,
    `version ${KEEPER_VERSION}`,
  ])
})

t.test('each type is used once, commands below 64 and reports from there', async t => {
  const commands = Object.values(COMMANDS).map(({ type }) => type as number)
  const reports = Object.values(REPORTS).map(({ type }) => type as number)
  t.equal(new Set([...commands, ...reports]).size, commands.length + reports.length)
  t.ok(commands.every(type => type > 0 && type < 64))
  t.ok(reports.every(type => type >= 64 && type < 256))
})

function fieldsOf(fields: Layout): string[] {
  return Object.entries(fields).map(([name, type]) => `${snake(name)}:${type}`)
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
