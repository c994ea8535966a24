/** A daemon that serves its metrics where its config says. */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import parse from 'parse-prometheus-text-format'
import t from 'tap'
import { CLI_FILE, cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually } from '../support/processes.js'
import { type Read, readPrometheus } from '../support/prometheus.js'

t.test('a run serves its figures at the socket of its config, and takes it away with itself', async t => {
  const folder = privateFolder(t)
  const path = join(folder, 'metrics.sock')
  writeFileSync(
    join(folder, 'espalier.yaml'),
    `metrics: { listen: 'unix:${path}' }\nservices:\n  web:\n    command: ['${process.execPath}', -e, 'console.log("up"); process.stdin.resume(); setInterval(() => 0, 1000)']\n    spawn: { limits: { children: 7 } }\n`,
  )
  const run = startCli(t, folder, ['run'])
  await run.says(/up/)
  const { series } = readPrometheus(await read(path))
  t.equal(series.get('espalier_roots{service=web}'), 1)
  t.equal(series.get('espalier_store_up{}'), 1)
  t.equal(series.get('espalier_store_failures_total{}'), 0)
  t.equal(series.get('espalier_limit{key=children,service=web}'), 7)
  run.child.kill('SIGINT')
  t.match(await run.ended, { code: 0 })
  await t.rejects(read(path))
})

t.test('where nothing can be stored the figures say so, and the services run', async t => {
  const folder = privateFolder(t)
  const path = join(folder, 'metrics.sock')
  const config = `metrics: { listen: 'unix:${path}' }\nservices:\n  web:\n    command: ['${process.execPath}', -e, 'console.log("up"); setInterval(() => 0, 1000)']\n`
  writeFileSync(join(folder, 'espalier.yaml'), config)
  const state = join(folder, 'state')
  const first = startCli(t, folder, ['run', '--state-dir', state])
  await first.says(/up/)
  first.child.kill('SIGINT')
  await first.ended
  const store = join(state, readdirSync(state).find(name => name.startsWith('store-'))!)
  rmSync(store, { recursive: true })
  writeFileSync(store, 'no folder')
  const run = startCli(t, folder, ['run', '--state-dir', state])
  await run.says(/up/)
  const { series } = readPrometheus(await read(path))
  t.equal(series.get('espalier_store_up{}'), 0)
  t.equal(series.get('espalier_store_waiting{}'), 0)
  t.equal(series.get('espalier_roots{service=web}'), 1)
  run.child.kill('SIGINT')
  t.match(await run.ended, { code: 0 })
})

t.test('another reader of the format finds the same families and figures as ours', async t => {
  const folder = privateFolder(t)
  const path = join(folder, 'metrics.sock')
  const espalier = `"${process.execPath}" "${CLI_FILE}"`
  writeFileSync(
    join(folder, 'agents.sh'),
    `for n in 1 2; do ${espalier} spawn --name w$n -- sleep 300; done; sleep 300\n`,
  )
  writeFileSync(
    join(folder, 'espalier.yaml'),
    `metrics: { listen: 'unix:${path}' }
services:
  agents: { command: sh agents.sh, spawn: { mode: dynamic, limits: { children: 1 } } }
  idle: { command: sleep 300 }
`,
  )
  const run = startCli(t, folder, ['run'])
  const refused = 'espalier_refusals_total{code=child_limit,service=agents}'
  let text = ''
  await eventually('a refusal is counted', async () => {
    // Until it listens there is no socket.
    text = await read(path).catch(() => '')
    return readPrometheus(text).series.has(refused)
  })
  const ours = readPrometheus(text)
  const theirs = readByPackage(text)
  t.same(theirs.types, ours.types)
  t.same([...theirs.series].toSorted(), [...ours.series].toSorted())
  t.equal(theirs.series.get(refused), 1)
  t.equal(theirs.series.get('espalier_limit{key=children,service=agents}'), 1)
  run.child.kill('SIGINT')
  await run.ended
})

t.test('metrics for others than this machine are refused at their line, before anything runs', async t => {
  const folder = privateFolder(t)
  const file = join(folder, 'espalier.yaml')
  writeFileSync(file, "metrics:\n  listen: '0.0.0.0:9464'\nservices: { web: { command: 'true' } }\n")
  t.match(await cli(t, folder, ['config', 'check', file]), {
    code: 7,
    err: /espalier\.yaml:2:3: metrics\.listen: "0\.0\.0\.0:9464" is not an address of this machine alone.*unix:\/PATH/,
  })
  writeFileSync(file, 'metrics:\n  lisen: x\nservices: { web: { command: "true" } }\n')
  t.match(await cli(t, folder, ['config', 'check', file]), { code: 7, err: /metrics\.lisen: .*listen/ })
})

t.test('every metric is in the document, and every one there is real', async t => {
  const said = readFileSync(new URL('../../../docs/METRICS.md', import.meta.url), 'utf8')
  const sources = ['metrics/metrics', 'metrics/counters', 'metrics/store'].map(name =>
    readFileSync(new URL(`../../../src/${name}.ts`, import.meta.url), 'utf8'),
  )
  const names = (text: string) => [...new Set(text.match(/\bespalier_[a-z_]+/g))].toSorted()
  t.same(names(said), names(sources.join('\n')))
})

function read(socketPath: string): Promise<string> {
  return new Promise((settle, fail) => {
    request({ socketPath, path: '/metrics', agent: false }, response => {
      let text = ''
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => settle(text))
    })
      .on('error', fail)
      .end()
  })
}

/** What the package reads, named as our reader names it. */
function readByPackage(text: string): Read {
  const types = new Map<string, string>()
  const series = new Map<string, number>()
  const put = (name: string, labels: Readonly<Record<string, string>>, value: string | undefined) => {
    const pairs = Object.entries(labels).map(([label, said]) => `${label}=${said}`)
    if (value !== undefined) series.set(`${name}{${pairs.toSorted().join(',')}}`, Number(value))
  }
  for (const { name, type, metrics } of parse(text)) {
    types.set(name, type.toLowerCase())
    for (const { labels = {}, value, buckets = {}, sum, count } of metrics) {
      put(name, labels, value)
      for (const [le, within] of Object.entries(buckets)) put(`${name}_bucket`, { ...labels, le }, within)
      put(`${name}_sum`, labels, sum)
      put(`${name}_count`, labels, count)
    }
  }
  return { types, series }
}
