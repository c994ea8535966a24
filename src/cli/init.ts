/** `espalier init`: a first config by three questions, or by none. */

import { existsSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { show } from '../../protocol/show.js'
import { STARTER_DEFAULTS, type StarterAnswers, starterConfig, starterProblem } from '../config/starter.js'
import { harmless } from '../terminal/harmless.js'
import { EXIT } from './exit-codes.js'
import { UsageError } from './failing.js'

/** Answers that are given are not asked for. */
export interface InitOptions extends Partial<StarterAnswers> {
  /** Take the default of whatever is not given. */
  readonly yes: boolean
  /** Write over a file that is there. */
  readonly force: boolean
}

/** In the order in which they are asked. */
const QUESTIONS: readonly { readonly key: keyof StarterAnswers; readonly asks: string }[] = [
  { key: 'name', asks: 'Name of the service' },
  { key: 'command', asks: 'Its command' },
  { key: 'children', asks: 'How many children a process may have' },
]

/**
 * Writes the config to `file`; 1 when it was called off (Ctrl-D, Ctrl-C), and nothing is written then.
 * @throws {UsageError} for an answer that no config takes, and where answers are missing and nobody can be asked.
 */
export async function initCommand(file: string, options: InitOptions): Promise<number> {
  if (existsSync(file) && !options.force) throw isThere(file)
  for (const { key } of QUESTIONS) {
    const problem = options[key] === undefined ? null : starterProblem({ ...STARTER_DEFAULTS, [key]: options[key] })
    if (problem !== null) throw new UsageError(`--${key}: ${problem}`)
  }
  const open = options.yes ? [] : QUESTIONS.filter(({ key }) => options[key] === undefined)
  if (open.length > 0 && !(process.stdin.isTTY && process.stdout.isTTY)) {
    const flags = open.map(({ key }) => `--${key}`).join(', ')
    throw new UsageError(`there is no terminal to ask on: give ${flags}, or --yes for the defaults`)
  }
  const asked = await interview(open.map(({ key }) => key))
  if (asked === null) {
    process.stderr.write(`espalier: called off, ${show(file)} was not written\n`)
    return EXIT.failure
  }
  const {
    name = STARTER_DEFAULTS.name,
    command = STARTER_DEFAULTS.command,
    children = STARTER_DEFAULTS.children,
  } = options
  write(file, starterConfig({ name, command, children, ...asked }), options.force)
  const place = file === 'espalier.yaml' ? '' : ` -c ${harmless(file)}`
  process.stdout.write(`wrote ${harmless(file)}; start it with: espalier run${place}\n`)
  return EXIT.ok
}

/** Asks until each answer can be used; null when the questions were left. */
function interview(keys: readonly (keyof StarterAnswers)[]): Promise<Partial<StarterAnswers> | null> {
  if (keys.length === 0) return Promise.resolve({})
  return new Promise(settle => {
    const answers: { -readonly [key in keyof StarterAnswers]?: string } = {}
    const terminal = createInterface({ input: process.stdin, output: process.stdout })
    const leave = () => {
      process.stdout.write('\n')
      settle(null)
    }
    terminal.once('close', leave)
    // Each question follows within the call that brought the line before: of lines that were pasted none is lost.
    const ask = (at: number) => {
      const question = QUESTIONS.find(({ key }) => key === keys[at])
      if (question === undefined) {
        terminal.off('close', leave).close()
        settle(answers)
        return
      }
      const { key, asks } = question
      terminal.question(`${asks} (${STARTER_DEFAULTS[key]}): `, text => {
        const answer = text.trim() === '' ? STARTER_DEFAULTS[key] : text.trim()
        const problem = starterProblem({ ...STARTER_DEFAULTS, [key]: answer })
        if (problem === null) answers[key] = answer
        else process.stdout.write(`  ${harmless(problem)}\n`)
        ask(problem === null ? at + 1 : at)
      })
    }
    ask(0)
  })
}

function write(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw isThere(file)
    if (error instanceof Error && 'code' in error) throw notWritten(file, String(error.code), error)
    throw error
  }
}

/** Why, and the way out. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there: make it first, or name another file',
  ENOTDIR: 'what stands before its name is no folder: name another file',
  EISDIR: 'it is a folder: name a file in it',
  EACCES: 'its folder or the file lets you not write: name another file',
  EROFS: 'nothing can be written on that disk: name another file',
  ENOSPC: 'the disk is full: make room, or name another file',
}

function notWritten(file: string, code: string, cause: Error): Error {
  return new Error(`${show(file)} was not written: ${REASONS[code] ?? code}`, { cause })
}

function isThere(file: string): Error {
  return new Error(`${show(file)} is there already: --force writes over it, or name another file`)
}
