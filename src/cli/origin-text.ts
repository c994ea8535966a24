/** Where a value comes from, in a few words: `default`, `espalier.yaml:12`, `espalier limits set, 2026-01-01T00:00:00Z`. */

import { relative } from 'node:path'
import type { LimitOrigin } from '../../protocol/limit-layers.js'

/** The words of an origin; files below `folder` are named from there. */
export function originText(origin: LimitOrigin, folder: string): string {
  switch (origin.from) {
    case 'default':
      return 'default'
    case 'file':
      return `${nearPath(origin.file, folder)}:${origin.line}`
    case 'command':
      return origin.command + atText(origin.atMs)
    case 'api':
      return `API${atText(origin.atMs)}`
  }
}

/** The path of a file from `folder` if it lies below it, else as it is. */
export function nearPath(file: string, folder: string): string {
  const near = relative(folder, file)
  return near.startsWith('..') ? file : near
}

function atText(atMs: number | null): string {
  return atMs === null ? '' : `, ${new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z')}`
}
