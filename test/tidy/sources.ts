/** The project's sources as data: path, text, code without comments and strings, and what each imports. */

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'

export interface Source {
  /** From the project's root, with `/`. */
  readonly path: string
  readonly text: string
  /** Comments gone, strings empty, so that words in them count for nothing. */
  readonly code: string
  readonly imports: readonly Import[]
}

export interface Import {
  readonly specifier: string
  /** The source it means, or null for a package or a node module. */
  readonly target: string | null
  /** `import type`: gone when compiled. */
  readonly isType: boolean
}

/** Never ours to judge, wherever they lie. */
const FOREIGN = new Set(['node_modules', 'dist', 'coverage', '.git', '.tap', '.scratch', 'traces', 'results'])

const STRINGS_AND_COMMENTS =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[=(,:;!&|?{}[>\n]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g

/** `import ... from`, `export ... from`, bare and dynamic imports, and the file a worker is started from. */
const IMPORTS =
  /(?:\b(?:import|export)\s+(?:(type)\s+)?[^'"`;]*?\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*|\bimport\.meta\.resolve\(\s*)(?:'([^'\n]+)'|"([^"\n]+)")/g

/** Every file below `root` whose name ends in one of `endings`. */
export function listFiles(root: string, endings: readonly string[]): string[] {
  const below = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
      if (FOREIGN.has(entry.name)) return []
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return below(path)
      return entry.isFile() && endings.some(ending => entry.name.endsWith(ending)) ? [path] : []
    })
  return below(root)
    .map(path => relative(root, path).split(sep).join('/'))
    .sort()
}

export function readSource(root: string, path: string): Source {
  return sourceOf(path, readFileSync(join(root, path), 'utf8'))
}

export function sourceOf(path: string, text: string): Source {
  const quoted = [...text.matchAll(STRINGS_AND_COMMENTS)].map(({ index, 0: found }) => [index, index + found.length])
  const isCode = (at: number) => !quoted.some(([from, to]) => from <= at && at < to)
  const imports = [...text.matchAll(IMPORTS)]
    .filter(match => isCode(match.index))
    .map(match => importOf(path, match[2] ?? match[3], match[1] === 'type'))
  return { path, text, code: codeOf(text), imports }
}

function codeOf(text: string): string {
  return text.replace(STRINGS_AND_COMMENTS, found => {
    if (found.startsWith('`')) return [...found.matchAll(/\$\{([^}]*)\}/g)].map(match => `(${match[1]})`).join(';')
    return found.startsWith('/') ? ' ' : "''"
  })
}

function importOf(from: string, specifier: string, isType: boolean): Import {
  if (!specifier.startsWith('.')) return { specifier, target: null, isType }
  const target = posix.normalize(posix.join(posix.dirname(from), specifier)).replace(/\.js$/, '.ts')
  return { specifier, target, isType }
}
