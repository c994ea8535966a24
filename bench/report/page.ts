/** One page with every picture and every figure; it needs no network. */

import { flat, type Kept } from './kept.js'
import type { Picture } from './picture.js'
import { escaped } from './svg.js'

export interface Chapter {
  readonly kept: Kept
  readonly pictures: readonly Picture[]
}

const STYLE = `
:root { color-scheme: light dark; --paper: #f6f8fa; --ink: #1f2328; --quiet: #656d76; --rule: #d8dee4 }
@media (prefers-color-scheme: dark) { :root { --paper: #010409; --ink: #e6edf3; --quiet: #9198a1; --rule: #30363d } }
body { margin: 2rem auto; max-width: 800px; padding: 0 20px; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, sans-serif }
h1 { font-size: 24px } h2 { margin-top: 3rem; font-size: 19px }
p, summary { color: var(--quiet) }
svg { display: block; width: 100%; height: auto; margin: 14px 0; border: 1px solid var(--rule); border-radius: 6px }
div { overflow-x: auto }
table { border-collapse: collapse; font-size: 12px; white-space: nowrap }
th, td { padding: 2px 8px; border-bottom: 1px solid var(--rule); text-align: right; font-variant-numeric: tabular-nums }
th:first-child, td:first-child { text-align: left }
`.trim()

export function page(chapters: readonly Chapter[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>Espalier: what it costs beside everything else</title>',
    `<style>${STYLE}</style>`,
    '<h1>Espalier: what it costs beside everything else</h1>',
    '<p>Trust the ratios, and figures of one run only. Losses stay in.</p>',
    ...chapters.flatMap(chapter),
    '</html>',
    '',
  ].join('\n')
}

function chapter({ kept, pictures }: Chapter): string[] {
  const { size, rounds, commit, node, cores, date } = kept
  const facts = `${size}, ${rounds} rounds, commit ${commit}, Node ${node}, ${cores} cores, ${date.slice(0, 16).replace('T', ' ')}`
  return [
    `<h2>${escaped(kept.case)}</h2>`,
    `<p>${escaped(facts)}</p>`,
    ...pictures.map(({ svg }) => svg),
    '<details><summary>All figures</summary><div>',
    ...tableOf(kept),
    '</div></details>',
  ]
}

function tableOf({ figures }: Kept): string[] {
  const rows = figures.map(row => new Map(flat(row)))
  const head = [...new Set(rows.flatMap(row => [...row.keys()]))]
  return [
    '<table>',
    `<tr>${head.map(name => `<th>${escaped(name)}</th>`).join('')}</tr>`,
    ...rows.map(row => `<tr>${head.map(name => `<td>${escaped(row.get(name) ?? '')}</td>`).join('')}</tr>`),
    '</table>',
  ]
}
