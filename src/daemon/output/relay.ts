/** A process's output on its way to a sink, a prefix before each line. */

import type { Readable } from 'node:stream'
import { harmless } from '../../terminal/harmless.js'
import { createLineSplitter } from './lines.js'
import type { Sink } from './sink.js'

/**
 * Passes lines on until the output ends; resolves then and never rejects. When the sink is full the output waits in its
 * pipe, and with it perhaps the process, until the sink has room or gives the waiting up. `hear` gets each line as it came.
 */
export function relayOutput(
  prefix: string,
  output: Readable,
  sink: Sink,
  hear: (line: string) => void = () => undefined,
): Promise<void> {
  const splitter = createLineSplitter()
  const pass = (lines: readonly string[]) => {
    for (const line of lines) hear(line)
    sink.lines(lines.map(line => `${prefix} | ${harmless(line)}`))
  }
  return new Promise(settle => {
    output.on('data', (bytes: Buffer) => {
      pass(splitter.push(bytes))
      if (!sink.isFull()) return
      output.pause()
      sink.onceRoom(() => output.resume())
    })
    // A pipe that cannot be read has said all it will say; 'close' follows.
    output.on('error', () => undefined)
    output.once('close', () => {
      pass(splitter.end())
      settle()
    })
  })
}
