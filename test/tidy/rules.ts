/** The rules of the house as functions from sources to sentences; no sentence means that the rule is kept. */

import type { Source } from './sources.js'

/** Lines of a file, by its ending. */
const LINES_MAX: Readonly<Record<string, number>> = { ts: 300, c: 400, h: 400 }

/** `process` counts when something is read from it: a local of that name is a process of ours. */
const FORBIDDEN_BELOW =
  /(?<![.\w$])(?:(Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask)\b(?!\s*[?]?:)|(process)\s*(?:\?\.|[.[]))/
const RANDOM = /\bMath\s*\.\s*random\b/

/** Folders that never import the outer ones of src. */
const INNER = ['src/os/', 'src/threads/']
const OUTER = ['src/control/', 'src/daemon/', 'src/cli/']

/** Imports point one way: `src -> actors -> protocol`. */
export function layers(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier, target }) => !mayImport(path, specifier, target))
      .map(({ specifier }) => `${path} must not import ${specifier}`),
  )
}

/** No clock, timer, randomness or world in what decides. */
export function forbiddenGlobals(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => /^(protocol|actors)\//.test(path))
    .flatMap(({ path, code }) => {
      const match = FORBIDDEN_BELOW.exec(code)
      const found = match?.[1] ?? match?.[2] ?? (RANDOM.test(code) ? 'Math.random' : null)
      return found === null ? [] : [`${path} uses ${found}`]
    })
}

export function lengths(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const max = LINES_MAX[path.slice(path.lastIndexOf('.') + 1)]
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
    return max !== undefined && lines > max ? [`${path} has ${lines} lines, ${max} at most`] : []
  })
}

/** Every import must lead to a file that is there; the compiler does not look at what a worker is started from. */
export function brokenImports(sources: readonly Source[]): string[] {
  const known = new Set(sources.map(source => source.path))
  const shipped = sources.filter(({ path }) => !path.startsWith('test/'))
  return shipped.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => target?.endsWith('.ts') === true && !known.has(target))
      .map(({ specifier }) => `${path} imports ${specifier}, which is not there`),
  )
}

/** One sentence per cycle found. What is imported as a type is gone when the program runs. */
export function cycles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map(source => [source.path, source]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at >= 0) {
      found.push([...trail.slice(at), path].join(' -> '))
      return
    }
    const source = byPath.get(path)
    if (done.has(path) || source === undefined) return
    for (const { target, isType } of source.imports) if (target !== null && !isType) visit(target, [...trail, path])
    done.add(path)
  }
  for (const { path } of sources) visit(path, [])
  return found
}

/** Files that neither an entry point nor anything it imports leads to. */
export function unreached(sources: readonly Source[], entries: readonly string[]): string[] {
  const byPath = new Map(sources.map(source => [source.path, source]))
  const reached = new Set<string>()
  const waiting = [...entries]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    for (const { target } of byPath.get(path)?.imports ?? []) if (target !== null) waiting.push(target)
  }
  return sources.filter(({ path }) => !reached.has(path)).map(({ path }) => `nobody imports ${path}`)
}

export function anyTypes(sources: readonly Source[]): string[] {
  const use = /(?:[:<|&,(=]\s*|\bas\s+|\bextends\s+)any\b(?!\s*[(:=.])/
  return sources.filter(({ code }) => use.test(code)).map(({ path }) => `${path} says any`)
}

export function defaultExports(sources: readonly Source[]): string[] {
  const use = /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/
  return sources.filter(({ code }) => use.test(code)).map(({ path }) => `${path} has a default export`)
}

/** A test that is switched off, or that switches the others off. */
export function switchedOff(sources: readonly Source[]): string[] {
  const use = /\.(only|skip|todo)\s*\(|\b(only|todo)\s*:\s*true\b/
  return sources
    .filter(({ path, code }) => path.endsWith('.test.ts') && use.test(code))
    .map(({ path }) => `${path} switches tests off`)
}

/** Paths of one machine. `here` are those of this one. */
export function machinePaths(
  files: readonly { readonly path: string; readonly text: string }[],
  here: readonly string[],
): string[] {
  const literal = here.map(folder => folder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  const use = new RegExp(`(?<![\\w.~-])(?:${literal})(?=[/'"\`\\s]|$)|(?<![\\w.~-])/(?:work|Users)/\\w+`, 'm')
  return files.flatMap(({ path, text }) => {
    const found = use.exec(text)
    return found === null ? [] : [`${path} names ${found[0]}, a path of one machine`]
  })
}

function mayImport(path: string, specifier: string, target: string | null): boolean {
  const layer = path.split('/')[0]
  if (layer === 'protocol') return target?.startsWith('protocol/') === true
  if (layer === 'actors') {
    if (target === null) return specifier === 'ts-pattern'
    if (target.startsWith('protocol/') || /^actors\/[^/]+$/.test(target)) return true
    const own = /^actors\/[^/]+\//.exec(path)
    return own !== null && target.startsWith(own[0])
  }
  if (layer !== 'src' || target === null) return true
  if (INNER.some(folder => path.startsWith(folder)) && OUTER.some(folder => target.startsWith(folder))) return false
  return /^(src|actors|protocol)\//.test(target) || target === 'package.json'
}
