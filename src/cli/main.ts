#!/usr/bin/env node
/** The bin `espalier`. */

import { main } from './program.js'

/** What may still hold the process after its command has ended, such as a reader that reads nothing, gets this long, in ms. */
const LINGER_MS = 500

process.exitCode = await main(process.argv.slice(2))
setTimeout(() => process.exit(), LINGER_MS).unref()
