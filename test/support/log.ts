/** The log of a keeper spoken to by hand: where it lies, how large it may be, what it holds. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeCommand } from '../../protocol/keeper/frames.js'
import type { RawLink } from './keeper.js'

/** In bytes. */
export interface LogBounds {
  readonly maxBytes?: number
  readonly totalBytes?: number
  readonly files?: number
}

/** Tells a keeper to log into `folder`. */
export function keepLog(link: RawLink, folder: string, bounds: LogBounds = {}): void {
  const fields = { maxBytes: 1_000_000, totalBytes: 100_000_000, files: 5, ...bounds }
  link.send(encodeCommand('logs', 0, fields, new TextEncoder().encode(`${folder}\0`)))
}

/** The names of its files, the oldest first; none before the keeper has written the first line, which makes the folder. */
export function logFiles(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted() : []
}

/** All of its lines without their times. */
export function logLines(folder: string): readonly string[] {
  const text = logFiles(folder)
    .map(name => readFileSync(join(folder, name), 'utf8'))
    .join('')
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => line.slice(25))
}
