// One round of the storm: services up, samples, the hostile one stopped, the others ended.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { parseBytes } from '../../dist/protocol/units.js'
import { connect } from '../../dist/src/client/index.js'
import { espalier } from './espalier.mjs'
import { figure, groupOf, logBytes, marked, settledFigure } from './observer.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))
/** From the end of a sample to the next, in ms. */
const SAMPLE_MS = 500
/** How much output is kept of a service whose config does not say. */
const LOGS = { max_size: '10MiB', files: 5 }
/** How an end of a service is told in `history` that it did not notice anybody. */
const OWN_ENDS = ['self', 'stop', 'cascade']

/**
 * Runs `services` services, one of which is of the hostile `kind`. Answers what was seen of the hostile one, of the most
 * burdened of the others, and each limit that was passed, in words.
 */
export async function runRound({ kind, services, children, roundMs, runtimeDir, holds }) {
  const mark = `${process.pid}-${Math.round(performance.now())}`
  const folder = join(runtimeDir, 'storm')
  // What a daemon remembers outlives it: each round is judged by its own.
  for (const old of [folder, join(runtimeDir, 'state')]) rmSync(old, { recursive: true, force: true })
  mkdirSync(folder)
  const names = Array.from({ length: kind === 'none' ? services : services - 1 }, (_, at) => `steady-${at + 1}`)
  const config = configOf([...names, ...(kind === 'none' ? [] : [kind])], children, {
    STORM: mark,
    STORM_FOLDER: folder,
  })
  writeFileSync(join(folder, 'storm.yaml'), JSON.stringify(config))

  const seen = new Map(Object.entries(config.services).map(([name, { logs }]) => [name, newRow(name, logs)]))
  const broken = new Set()
  const round = { kind, samples: 0, rows: seen, spawned: 0, violations: [] }
  const up = await espalier(runtimeDir, 'up', '--timeout', '5m', '-c', join(folder, 'storm.yaml'))
  if (up.code !== 0) throw new Error(`up: ${up.err}${up.out}`)
  const client = connect({ socket: join(runtimeDir, 'run', 'control.sock'), timeoutMs: 60_000 })
  const until = performance.now() + roundMs
  let audited = null
  while (performance.now() < until) {
    judge(await client.tree(), seen, broken, { runtimeDir, holds })
    round.samples++
    if (performance.now() > until - roundMs / 2) audited ??= audit(runtimeDir, 'during the storm', broken)
    await sleep(SAMPLE_MS)
  }
  await audited
  const past = await client.history({ limit: 1000 })
  for (const { service, name, exit } of past.ends) {
    const row = seen.get(service)
    row.ends[exit.reason] = (row.ends[exit.reason] ?? 0) + 1
    if (isSteady(service) && !OWN_ENDS.includes(exit.reason)) broken.add(`${service}:${name} ended by ${exit.reason}`)
  }
  for (const row of seen.values()) peaks(row, runtimeDir, holds, broken)
  writeFileSync(join(folder, 'quiet'), '')
  if (kind !== 'none') await endHostile(client, kind, runtimeDir, broken)
  await audit(runtimeDir, 'after the storm', broken)
  for (const row of seen.values()) hearRoot(row, folder, broken)
  await endAll(runtimeDir, mark, seen, broken)
  round.spawned = [...seen.values()].reduce((sum, { spawned }) => sum + spawned, 0)
  round.violations = [...broken]
  return round
}

/** The services of `espalier.yaml`, the steady one as often as there are names for it. */
function configOf(names, children, env) {
  const { services } = parse(readFileSync(join(HERE, 'espalier.yaml'), 'utf8'))
  const made = names.map(name => {
    const { spawn, ...rest } = services[isSteady(name) ? 'steady' : name]
    const limits = isSteady(name) ? { ...spawn.limits, children, descendants: children } : spawn.limits
    return [name, { ...rest, cwd: HERE, env, spawn: { ...spawn, limits } }]
  })
  return { services: Object.fromEntries(made) }
}

function isSteady(name) {
  return name.startsWith('steady')
}

function newRow(name, { max_size, files } = LOGS) {
  return {
    name,
    kind: name.replace(/-\d+$/, ''),
    limits: null,
    live: 0,
    tasks: 0,
    memory: 0,
    logs: 0,
    logsMost: parseBytes(max_size, 'max_size') * files,
    spawned: 0,
    refused: {},
    ends: {},
    p99Ms: null,
    survivors: 0,
  }
}

/** Compares one sample with the limits. */
function judge({ services, processes }, seen, broken, { runtimeDir, holds }) {
  for (const { name, limits, liveDescendants, state } of services) {
    const row = seen.get(name)
    row.limits = limits
    row.live = Math.max(row.live, liveDescendants)
    if (liveDescendants > limits.descendants)
      broken.add(`${name}: ${liveDescendants} descendants of ${limits.descendants}`)
    const below = new Map()
    for (const one of processes) {
      if (one.service === name && one.kind === 'spawned') below.set(one.parentPid, (below.get(one.parentPid) ?? 0) + 1)
    }
    for (const count of below.values())
      if (count > limits.children) broken.add(`${name}: ${count} children of ${limits.children}`)
    if (state !== 'running') broken.add(`${name} is ${state}`)
    const group = groupOf(join(runtimeDir, 'run'), name)
    holdsTo(row, 'tasks', settledFigure(group.tasks), holds.tasks ? limits.tasks : null, broken)
    holdsTo(row, 'memory', figure(group.memory), memoryHeld(limits, holds), broken)
    holdsTo(row, 'logs', logBytes(runtimeDir, name), row.logsMost, broken)
  }
}

/** What the kernel saw between the samples. */
function peaks(row, runtimeDir, holds, broken) {
  const group = groupOf(join(runtimeDir, 'run'), row.name)
  holdsTo(row, 'memory', figure(group.memoryMost), memoryHeld(row.limits, holds), broken)
  if (row.kind === 'flooder' && row.logs === 0) broken.add(`${row.name}: nothing of it was logged`)
}

function holdsTo(row, what, value, limit, broken) {
  if (value === null) return
  row[what] = Math.max(row[what], value)
  if (limit !== null && value > limit) broken.add(`${row.name}: ${what} ${value} of ${limit}`)
}

function memoryHeld({ totalMemory, memoryAction }, holds) {
  return holds.memory && memoryAction.startsWith('kill_') && memoryAction !== 'kill_newest' ? totalMemory : null
}

async function endHostile(client, kind, runtimeDir, broken) {
  await client.stop(kind)
  const left = (await client.tree()).processes.filter(({ service }) => service === kind)
  for (const { name, pid } of left) broken.add(`${kind}: ${name}, pid ${pid}, is left after its stop`)
  if (groupOf(join(runtimeDir, 'run'), kind).members.length > 0) broken.add(`${kind}: its group is left after its stop`)
}

async function audit(runtimeDir, when, broken) {
  const { out, err, code } = await espalier(runtimeDir, 'doctor', '--json', '--timeout', '60s')
  if (code !== 0 && code !== 1) return broken.add(`the doctor ${when}: ${code} ${err}`)
  const { audit: found } = JSON.parse(out)
  if (found.disagreements === undefined) broken.add(`no audit ${when}: ${found.reason}`)
  for (const { says } of found.disagreements ?? []) broken.add(`the doctor ${when}: ${says}`)
}

/** What the root of a service says that it was answered. */
function hearRoot(row, folder, broken) {
  const file = join(folder, `${row.name}.json`)
  if (!existsSync(file)) return broken.add(`${row.name}: its root has not said anything`)
  const { spawned, refused, failed, p99Ms, why } = JSON.parse(readFileSync(file, 'utf8'))
  Object.assign(row, { spawned, refused: { ...refused, ...failed }, p99Ms })
  if (isSteady(row.name))
    for (const code of Object.keys(failed)) broken.add(`${row.name}: spawns failed, ${code}: ${why}`)
}

async function endAll(runtimeDir, mark, seen, broken) {
  const down = await espalier(runtimeDir, 'down', '--timeout', '120s')
  if (down.code !== 0) broken.add(`down: ${down.code} ${down.err}`)
  for (const one of marked(`STORM=${mark}`)) broken.add(`survives: ${one}`)
  for (const row of seen.values()) {
    row.survivors = marked(`STORM=${mark}`).length
    if (groupOf(join(runtimeDir, 'run'), row.name).members.length > 0) broken.add(`${row.name}: its group is left`)
  }
}
