/** Configs, without running anything: `init` writes one, `config check` says what is wrong, `config print` what it comes to. */

import type { Command } from 'commander'
import type { ConfigPrintOptions } from './config-print.js'
import { EXIT } from './exit-codes.js'
import type { InitOptions } from './init.js'
import { timeoutOption } from './options.js'

/** How long the output of `print` may wait to be read by default, in ms. */
const PRINT_MS = 10_000

/** Adds them to the program; `done` hears the exit code. */
export function addConfig(program: Command, done: (code: number) => void): void {
  program
    .command('init')
    .description('write a first config, with comments; asks for what is not given')
    .argument('[file]', 'where to', 'espalier.yaml')
    .option('--name <name>', 'name of the service: 1 to 64 of A-Z a-z 0-9 . _ -')
    .option('--command <text>', "its command, split like a shell's")
    .option('--children <n>', 'direct children that any process may have')
    .option('-y, --yes', 'ask nothing: what is not given has its default', false)
    .option('-f, --force', 'write over a file that is there', false)
    .action(async (file: string, options: InitOptions) => {
      const { initCommand } = await import('./init.js')
      done(await initCommand(file, options))
    })
  const config = program.command('config').description('look at a config without running it')
  config
    .command('check')
    .description('name everything that is wrong in a config, at its line and key; exits 7 if anything is')
    .argument('[file]', 'the config', 'espalier.yaml')
    .option('-q, --quiet', 'say nothing of a config that is fine', false)
    .action(async (file: string, options: { readonly quiet: boolean }) => {
      const { loadRunnable } = await import('../config/runnable.js')
      const { services } = await loadRunnable(file)
      if (!options.quiet) process.stdout.write(`fine: ${services.map(({ name }) => name).join(', ')}\n`)
      done(EXIT.ok)
    })
  config
    .command('print')
    .description('print what a config comes to: every key of every service, defaults filled in, secrets hidden')
    .argument('[file]', 'the config', 'espalier.yaml')
    .option('--origin', 'say behind each value where it comes from', false)
    .option('--json', 'one JSON object', false)
    .addOption(timeoutOption(PRINT_MS, 'how long the output may wait to be read'))
    .action(async (file: string, options: ConfigPrintOptions) => {
      const { printConfigCommand } = await import('./config-print.js')
      done(await printConfigCommand(file, options))
    })
}
