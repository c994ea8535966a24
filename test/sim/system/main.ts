/** The simulation from the command line. */

import { simulate } from './command.js'

process.exitCode = await simulate(
  process.argv.slice(2),
  line => console.log(line),
  line => console.error(line),
)
