/** A daemon that serves its metrics where its config says. */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { readPrometheus } from '../support/prometheus.js'

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
