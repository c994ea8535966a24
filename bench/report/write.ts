/** Draws every result that is kept: one page, and three pictures that stand alone. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RESULTS_FOLDER } from '../harness/results.js'
import { readKept } from './kept.js'
import { type Chapter, page } from './page.js'
import type { Draw } from './picture.js'
import { authorize } from './pictures/authorize.js'
import { fairness } from './pictures/fairness.js'
import { lifecycle } from './pictures/lifecycle.js'
import { memory } from './pictures/memory.js'
import { plain } from './pictures/plain.js'
import { rateLimiter } from './pictures/rate-limiter.js'

const DRAWN: Readonly<Record<string, Draw>> = { lifecycle, authorize, 'rate-limiter': rateLimiter, fairness, memory }
/** Those that the README shows. */
const ALONE = ['lifecycle', 'authorize', 'worst-window']

/** Writes the page and the pictures, and gives their paths. */
export function writeReport(root: string): string[] {
  const order = Object.keys(DRAWN)
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  const kept = readKept(root).sort((a, b) => place(a.case) - place(b.case))
  const chapters = kept.map((each): Chapter => ({ kept: each, pictures: (DRAWN[each.case] ?? plain)(each) }))
  const written = [keepText(root, 'report.html', page(chapters))]
  for (const { name, svg } of chapters.flatMap(({ pictures }) => pictures)) {
    if (ALONE.includes(name)) written.push(keepText(root, `${name}.svg`, `${svg}\n`))
  }
  return written
}

function keepText(root: string, name: string, text: string): string {
  const path = join(RESULTS_FOLDER, name)
  writeFileSync(join(root, path), text)
  return path
}
