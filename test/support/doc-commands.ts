/** The command lines of Espalier that documents show, and whether the table of commands takes them. */

import type { Command } from 'commander'
import { commandEntries } from '../../src/cli/commands.js'
import { createProgram } from '../../src/cli/program.js'
import { splitWords } from '../../src/config/words.js'

/** A command line as a document shows it. */
export interface ShownCommand {
  /** From 1. */
  readonly line: number
  /** What stands behind `espalier`, as text for a shell. */
  readonly command: string
  /** In a fenced block, so all of it; in a sentence what it needs may be left out. */
  readonly whole: boolean
  /** Within the quotes of another command, which is what runs it. */
  readonly isWithin: boolean
  /** What a table of commands says of it, where it stands in one: behind two blanks. */
  readonly says: string
}

/** `espalier` where a command begins: at the start, behind a prompt, `npx`, an operator, or the opening of a substitution. */
const PROGRAM = /(?:^|[;&|({]|\bdo|\bnpx|\bexec|\$|<\()\s*espalier +(?=[a-z-])/g

/** What ends a command, outside quotes: an operator of the shell. `PID|NAME` in a table is a choice, and no pipe. */
const END = / *(?:&&|\|\||[;)]| [|>] )/g

const OPTION = /(?<![\w-])--?[a-z][a-z-]*/g

/** An option, and the word behind it. */
const SAID = /(?<![\w-])(--?[a-z][a-z-]*)(?: (\w+))?/g

/** Codes of commander for what a sentence may leave out: an argument, an option's value, which of several commands. */
const LEFT_OUT = /^commander\.(missing|optionMissing|help)/

/** The fenced blocks of `text`, a document, each with the word behind its opening. */
export function blocksOf(text: string): readonly { readonly language: string; readonly block: string }[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, block]) => ({
    language: language!,
    block: block!,
  }))
}

/** All of `text`, a document: lines of fenced blocks, and code within sentences. Output (`espalier | ...`) is no command. */
export function shownCommands(text: string): readonly ShownCommand[] {
  let fenced = false
  return text.split('\n').flatMap((content, index) => {
    if (/^\s*```/.test(content)) {
      fenced = !fenced
      return []
    }
    const pieces = fenced ? [content] : [...content.matchAll(/`([^`]+)`/g)].map(([, code]) => code!)
    return pieces.flatMap(commandsOf).map(found => ({ line: index + 1, whole: fenced, ...found }))
  })
}

function commandsOf(piece: string): readonly Omit<ShownCommand, 'line' | 'whole'>[] {
  return [...piece.trim().matchAll(PROGRAM)].map(match => {
    const rest = piece.trim().slice(match.index + match[0].length)
    const isWithin = piece.trim().slice(0, match.index).split("'").length % 2 === 0
    const [command = '', ...says] = rest.split(/ {2,}/)
    return { command: untilItsEnd(command), isWithin, says: says.join(' ') }
  })
}

/** The first command of `text`: to an operator that no quote holds. */
function untilItsEnd(text: string): string {
  const end = [...text.matchAll(END)].find(({ index }) => splitWords(text.slice(0, index)).ok)
  return text.slice(0, end?.index)
}

/** Null where the table takes it, with every option; else why not. What a table says of it must name options that there are. */
export async function problemOf({ command, says, whole }: ShownCommand): Promise<string | null> {
  const words = splitWords(command)
  if (!words.ok) return words.problem
  const program = createProgram(() => undefined)
  let called: Command = program
  for (const one of everyCommand(program)) {
    one.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    if (one.commands.length > 0) continue
    one.action(() => {
      called = one
    })
  }
  try {
    await program.parseAsync(words.value.flatMap(filled), { from: 'user' })
  } catch (error) {
    const { code = '', message } = error as Error & { code?: string }
    return !whole && LEFT_OUT.test(code) ? null : message
  }
  const known = called.options.flatMap(({ short, long }) => [short, long])
  const unknown = [...says.matchAll(OPTION)].find(([option]) => !known.includes(option))
  return unknown === undefined ? null : `${called.name()} has no option ${unknown[0]}`
}

/** The words that name it, and the options that are said of it and can be given as they stand: switches, and those with a value. */
export function optionsSaid({ command, says }: ShownCommand): {
  readonly path: readonly string[]
  readonly options: readonly (readonly string[])[]
} {
  const entries = commandEntries(createProgram(() => undefined))
  const entry = entries.filter(({ path }) => `${command} `.startsWith(`${path.join(' ')} `)).at(-1)
  const options = [...says.matchAll(SAID)].flatMap(([, name, value]) => {
    const option = entry?.options.find(({ names }) => names.includes(name!))
    if (option?.value === '') return [[name!]]
    return value === undefined || option === undefined ? [] : [[name!, value]]
  })
  return { path: entry?.path ?? [], options }
}

function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

/** A word with its placeholders filled in: `[NAME]`, `PID|NAME`, `N`; `...` says that more may follow. */
function filled(word: string): readonly string[] {
  if (word === '...') return []
  return [
    word
      .replace(/^\[(.+)\]$/, '$1')
      .replace(/^(N|PID)$/, '7')
      .replace(/\bMORE$/, '7'),
  ]
}
