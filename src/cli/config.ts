/** `espalier config check`: says what is wrong in a config without running anything. */

import type { Command } from 'commander'
import { EXIT } from './exit-codes.js'

/** Adds `config` with what can be done to one. */
export function addConfig(program: Command, done: (code: number) => void): void {
  program
    .command('config')
    .description('look at a config without running it')
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
}
