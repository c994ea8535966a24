/**
 * Builds the keeper: `node scripts/build-native.mjs [OUT]`, default `dist/native/espalier-keeper`. Without a C compiler, or not
 * on Linux, it says so in one line and succeeds: processes are then launched in portable mode. `CC` names another compiler;
 * `--sanitize` builds with the address and undefined-behaviour sanitizers, `--valgrind` for running under that, both for tests.
 */

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const args = process.argv.slice(2)
const out = args.find(arg => !arg.startsWith('--')) ?? join(ROOT, 'dist/native/espalier-keeper')

const WARNINGS = ['-Wall', '-Wextra', '-Werror', '-Wshadow', '-Wformat=2', '-Wstrict-prototypes', '-Wmissing-prototypes', '-Wvla']
const HARDENED = ['-O2', '-D_FORTIFY_SOURCE=2', '-fstack-protector-strong', '-fPIE', '-pie', '-Wl,-z,relro,-z,now', '-s']
/** Known to some compilers and machines only. */
const IF_KNOWN = ['-fstack-clash-protection', '-fcf-protection']
const VALGRIND = ['-O1', '-g', '-DFOR_VALGRIND']
const SANITIZED = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer']

if (process.platform !== 'linux') leave('the keeper is for Linux')
const compiler = [process.env.CC, 'cc', 'gcc', 'clang'].find(name => name && works([name, '--version']))
if (compiler === undefined) leave('there is no C compiler (cc, gcc, clang or CC)')
compile()

function compile() {
  const sources = readdirSync(join(ROOT, 'native'))
    .filter(name => name.endsWith('.c'))
    .map(name => join(ROOT, 'native', name))
  const mode = args.includes('--sanitize') ? SANITIZED : args.includes('--valgrind') ? VALGRIND : [...HARDENED, ...IF_KNOWN.filter(flag => works([compiler, flag, '-E', '-xc', '/dev/null']))]
  mkdirSync(dirname(out), { recursive: true })
  const { status, error } = spawnSync(compiler, ['-std=gnu11', '-D_GNU_SOURCE', ...WARNINGS, ...mode, '-o', out, ...sources], {
    stdio: 'inherit',
  })
  if (error) throw error
  process.exitCode = status ?? 1
}

function works([command, ...rest]) {
  return spawnSync(command, rest, { stdio: 'ignore' }).status === 0
}

function leave(why) {
  console.log(`espalier: ${why}, so processes will be launched in portable mode`)
  process.exit(0)
}
