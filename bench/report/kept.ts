/** Results as they lie in `bench/results`, read back. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RESULTS_FOLDER } from '../harness/results.js'

/** A figure as it was kept; each case has fields of its own. */
export type Row = Readonly<Record<string, unknown>>

export interface Kept {
  readonly case: string
  readonly size: string
  readonly rounds: number
  readonly commit: string
  readonly node: string
  readonly cores: number
  readonly date: string
  readonly figures: readonly Row[]
}

/** Every result there is, by name. @throws {SyntaxError} when a file is no JSON */
export function readKept(root: string): Kept[] {
  const folder = join(root, RESULTS_FOLDER)
  return readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Kept)
}

/** The field as a number, or as the median it summarises; NaN when it is neither. */
export function number(row: Row, field: string): number {
  const value = row[field]
  if (typeof value === 'number') return value
  return isRow(value) && typeof value.median === 'number' ? value.median : Number.NaN
}

export function text(row: Row, field: string): string {
  return String(row[field] ?? '')
}

/** What is below a field, or nothing. */
export function below(row: Row, field: string): Row {
  const value = row[field]
  return isRow(value) ? value : {}
}

/** Every number of a figure, by the path that leads to it; a summary is its median. */
export function flat(row: Row, before = ''): [string, string][] {
  return Object.entries(row).flatMap(([name, value]): [string, string][] => {
    const path = before === '' ? name : `${before} ${name}`
    if (!isRow(value)) return [[path, typeof value === 'number' ? shown(value) : String(value ?? '')]]
    return typeof value.median === 'number' ? [[path, shown(value.median)]] : flat(value, path)
  })
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(figure: number): string {
  if (Number.isInteger(figure)) return figure.toLocaleString('en')
  return figure >= 100 ? Math.round(figure).toLocaleString('en') : String(Number(figure.toPrecision(3)))
}
