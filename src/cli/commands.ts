/** The table of commands as plain data: what completion and the man page are made from. */

import type { Command } from 'commander'

/** One command that is not hidden. */
export interface CommandEntry {
  /** Words behind `espalier`; none for the program itself. */
  readonly path: readonly string[]
  readonly description: string
  readonly arguments: readonly ArgumentEntry[]
  readonly options: readonly OptionEntry[]
  /** Names of its own commands. */
  readonly commands: readonly string[]
}

export interface ArgumentEntry {
  /** `<service>`, or `[service]` where it may be left out. */
  readonly text: string
  readonly description: string
  /** The only values there are; empty where any will do. */
  readonly choices: readonly string[]
}

export interface OptionEntry {
  /** As it is typed: `-c`, `--config`. */
  readonly names: readonly string[]
  /** What follows it, such as `<file>`; '' for a switch. */
  readonly value: string
  readonly description: string
  /** What is meant when it is not given; '' where there is nothing to say. */
  readonly preset: string
  /** The only values there are; empty where any will do. */
  readonly choices: readonly string[]
}

/** The program first, then its commands in the order of `--help`, each before its own. */
export function commandEntries(command: Command, path: readonly string[] = []): readonly CommandEntry[] {
  const help = command.createHelp()
  const visible = help.visibleCommands(command).filter(one => one.name() !== 'help')
  const entry: CommandEntry = {
    path,
    description: command.description(),
    arguments: command.registeredArguments.map(argument => {
      const name = `${argument.name()}${argument.variadic ? '...' : ''}`
      return {
        text: argument.required ? `<${name}>` : `[${name}]`,
        description: argument.description,
        choices: argument.argChoices ?? [],
      }
    }),
    options: help.visibleOptions(command).map(option => ({
      names: [option.short, option.long].filter(name => name != null),
      value: option.flags.match(/[<[].*$/)?.[0] ?? '',
      description: option.description,
      preset: option.defaultValueDescription ?? presetText(option.defaultValue),
      choices: option.argChoices ?? [],
    })),
    commands: visible.map(one => one.name()),
  }
  return [entry, ...visible.flatMap(one => commandEntries(one, [...path, one.name()]))]
}

/** A switch that is off and a text that is empty are nothing to say. */
function presetText(value: unknown): string {
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : ''
}
