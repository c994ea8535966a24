/** `espalier config check` and `config print`: what is wrong in a config, and what it comes to, without running anything. */

import type { Command } from 'commander'
import type { ConfigPrintOptions } from './config-print.js'
import { EXIT } from './exit-codes.js'
import { timeoutOption } from './options.js'

/** How long the output of `print` may wait to be read by default, in ms. */
const PRINT_MS = 10_000

/** Adds `config` with what can be done to one. */
export function addConfig(program: Command, done: (code: number) => void): void {
  const config = program.command('config').description('look at a config without running it')
  config
    .command('check')
    .description('name everything that is wrong in a config, at its line and key; exits 7 if anything is')
    .argument('[file]', 'the config', 'espalier.yaml')
    .option('-q, --quiet', 'say nothing of a config that is fine', false)
    .action(async (file: string, options: { readonly quiet: boolean }) => {
      const { loadConfig } = await import('../config/load.js')
      const { services } = await loadConfig(file)
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
