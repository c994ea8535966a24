import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../../src/config/load.js'

const folder = await mkdtemp(join(tmpdir(), 'espalier-config-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, content)
  return file
}

t.test('a file is read, its folder the default of cwd', async t => {
  const file = await fileOf('good.yaml', '\ufeffservices:\r\n  a:\r\n    command: x\r\n')
  t.same(await loadConfig(file), {
    file,
    services: [{ name: 'a', command: ['x'], env: {}, cwd: folder, limits: {}, limitOrigins: {} }],
  })
})

t.test('a problem is named with the file as the caller named it', async t => {
  const file = await fileOf('bad.yaml', 'services:\n  a: {}\n')
  await t.rejects(loadConfig(file), {
    name: 'ConfigError',
    message: `${file}:2:3: services.a.command: there is no command; give a program and its arguments, as a list or as one text`,
  })
})

t.test('a file that cannot be read is told so', async t => {
  const missing = join(folder, 'missing.yaml')
  await t.rejects(loadConfig(missing), {
    name: 'ConfigError',
    message: `${missing}: there is no such file; name another with -c`,
    problems: [{ file: missing, line: 0, column: 0, key: '' }],
  })
  await t.rejects(loadConfig(folder), { name: 'ConfigError', message: /it is not a regular file/ })
  await t.rejects(loadConfig(join(folder, 'good.yaml', 'x')), { name: 'ConfigError', message: /ENOTDIR/ })
  const latin = await fileOf('latin.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xe9))
  await t.rejects(loadConfig(latin), { name: 'ConfigError', message: /it is not UTF-8 text/ })
})

t.test('a fifo that nobody writes to does not make it wait', { skip: process.platform === 'win32' }, async t => {
  const fifo = join(folder, 'fifo')
  execFileSync('mkfifo', [fifo])
  await t.rejects(loadConfig(fifo), { message: /it is not a regular file/ })
})

t.test('a file of 1 MiB is read, one byte more is refused', async t => {
  const head = 'services: {a: {command: x}}\n#'
  const fits = await fileOf('fits.yaml', head.padEnd(1024 * 1024, 'x'))
  t.equal((await loadConfig(fits)).services.length, 1)
  const longer = await fileOf('longer.yaml', head.padEnd(1024 * 1024 + 1, 'x'))
  await t.rejects(loadConfig(longer), { name: 'ConfigError', message: /it is longer than 1048576 bytes/ })
})
