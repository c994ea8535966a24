/** `espalier completion bash`: a script for the shell that completes commands, options and names of services. */

import { Argument, type Command } from 'commander'
import { EXIT } from './exit-codes.js'

/** How long a reader may take for it, in ms. */
const PUT_MS = 10_000

/** Adds it to the program; `done` hears the exit code. */
export function addCompletion(program: Command, done: (code: number) => void): void {
  program
    .command('completion')
    .description('print what teaches a shell to complete: source <(espalier completion bash)')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash']))
    .action(async () => {
      const [{ commandEntries }, { bashCompletion }, { put }] = await Promise.all([
        import('./commands.js'),
        import('./bash-completion.js'),
        import('./put.js'),
      ])
      await put(process.stdout, bashCompletion(commandEntries(program)), PUT_MS)
      done(EXIT.ok)
    })
}
