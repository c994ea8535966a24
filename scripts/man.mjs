/**
 * Writes the man page that the table of commands makes, `dist/man/espalier.1`: a step of the build, so that it is never older
 * than the commands.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, 'dist/man')

const { createProgram, EXIT_CODES_HELP } = await import('../dist/src/cli/program.js')
const { commandEntries } = await import('../dist/src/cli/commands.js')
mkdirSync(FOLDER, { recursive: true })
writeFileSync(join(FOLDER, 'espalier.1'), manPage(commandEntries(createProgram(() => undefined))))

function manPage([program, ...commands]) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const lines = [
    `.TH ESPALIER 1 "" "espalier ${version}" "User Commands"`,
    '.SH NAME',
    `espalier \\- a supervisor for services that fork`,
    '.SH SYNOPSIS',
    '.B espalier',
    '.I command',
    '[\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    text(program.description),
    '.SH COMMANDS',
    ...commands.filter(({ commands: own }) => own.length === 0).flatMap(commandLines),
    '.SH EXIT STATUS',
    ...EXIT_CODES_HELP.trim().split('\n').flatMap(line => [text(line.replace(/^Exit codes: /, '')), '.br']).slice(0, -1),
    '.SH ENVIRONMENT',
    '.TP\n.B ESPALIER_RUNTIME_DIR\nwhere the daemon has its sockets, where \\fB\\-\\-runtime\\-dir\\fR is not given',
    '.TP\n.B NO_COLOR\nwith any value, \\fBtop\\fR draws without colours',
  ]
  return `${lines.join('\n')}\n`
}

function commandLines({ path, description, arguments: expected, options }) {
  const synopsis = ['espalier', ...path].map(text).join(' ')
  return [
    `.SS "${synopsis}${expected.map(({ text: one }) => ` ${text(one)}`).join('')}"`,
    text(description),
    ...expected.flatMap(one => ['.TP', `.I ${text(one.text)}`, text(one.description) || '\\&']),
    ...options.flatMap(optionLines),
  ]
}

function optionLines({ names, value, description, preset, choices }) {
  const given = value === '' ? '' : ` \\fI${text(value)}\\fR`
  const notes = [
    ...(choices.length === 0 ? [] : [`one of ${choices.join(', ')}`]),
    ...(preset === '' ? [] : [`default: ${preset}`]),
  ]
  const says = notes.length === 0 ? description : `${description} (${notes.join('; ')})`
  return ['.TP', `${names.map(name => `\\fB${text(name)}\\fR`).join(', ')}${given}`, text(says)]
}

/** Nothing of it is an order to troff: no backslash, no dot or quote at the beginning, hyphens that can be copied. */
function text(words) {
  return words.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq').replace(/^[.']/, '\\&$&')
}
