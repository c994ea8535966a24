/** YAML text to plain values, with the place of each: one bounded walk, which finds what the shape cannot show. */

import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  type Scalar,
} from 'yaml'
import { Openings, yamlFinding } from './yaml-problems.js'

/** Deepest nesting of the YAML itself, in parser frames; the composer recurses, and must never reach the end of the stack. */
const FRAMES_MAX = 100

/** Deepest nesting of values, aliases followed. A good config has seven. */
const LEVELS_MAX = 32

/** Most aliases followed, those inside of what an alias names included. Past it a file is a bomb, or might as well be. */
const ALIASES_MAX = 1000

/** Most values, aliases followed. */
const VALUES_MAX = 100_000

/** The tags that name what is understood anyway. */
const PLAIN_TAGS = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(tag => `tag:yaml.org,2002:${tag}`))

/** Keys and list indices that lead to a value. */
export type Path = readonly (string | number)[]

/** Something wrong at a place of the text. */
export interface Finding {
  /** Offset in the text, UTF-16 units. */
  readonly offset: number
  readonly path: Path
  readonly message: string
}

/** A YAML file as plain values: objects, arrays, strings, finite or other numbers, booleans, null. */
export interface YamlDocument {
  /** Undefined when the text is not YAML, or not within bounds: then `findings` says why. */
  readonly value: unknown
  readonly findings: readonly Finding[]
  /** Where the entry at that path begins (its key; for a list its item), or the nearest one above it that exists. */
  offsetOf(path: Path): number
  /** Whether there is an entry at that path. */
  hasPath(path: Path): boolean
  /** Line and column from 1. */
  placeOf(offset: number): { readonly line: number; readonly column: number }
}

/**
 * Reads one YAML 1.2 document. Duplicate keys, unknown anchors, tags beyond the core ones and keys that are no text are findings.
 * Where `isText` says so, numbers and booleans are the text as written: `1.10` stays `1.10`.
 */
export function readDocument(text: string, isText: (path: Path) => boolean): YamlDocument {
  const lines = new LineCounter()
  const placeOf = (offset: number): { readonly line: number; readonly column: number } => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const composed = compose(text, lines)
  if (!('document' in composed))
    return { value: undefined, findings: composed.findings, offsetOf: () => 0, hasPath: () => false, placeOf }
  const walk = new Walk(isText)
  const value = walk.plain(composed.document.contents, [], 0)
  const offsetOf = (path: Path): number => {
    for (let length = path.length; length > 0; length--) {
      const offset = walk.offsets.get(pathKey(path.slice(0, length)))
      if (offset !== undefined) return offset
    }
    return composed.document.contents?.range[0] ?? 0
  }
  return {
    value: walk.stopped ? undefined : value,
    findings: walk.findings,
    offsetOf,
    hasPath: path => walk.offsets.has(pathKey(path)),
    placeOf,
  }
}

type Composed = { readonly document: Document.Parsed } | { readonly findings: readonly Finding[] }

function compose(text: string, lines: LineCounter): Composed {
  const parser = new Parser(lines.addNewLine)
  const openings = new Openings()
  const tokens = []
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    openings.hear(lexeme, parser.offset)
    tokens.push(...parser.next(lexeme))
    if (parser.stack.length > FRAMES_MAX) {
      return {
        findings: [
          {
            offset: parser.offset,
            path: [],
            message: 'the nesting is too deep; no config needs more than seven levels',
          },
        ],
      }
    }
  }
  tokens.push(...parser.end())
  // Keys are checked by the walk: the composer compares each with all others, which a hostile file can make take minutes.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, keepSourceTokens: false })
  const [document, second] = [...composer.compose(tokens, true, text.length)] as Document.Parsed[]
  // The walk finds every tag that is not understood, and knows its key.
  const problems = [...document.errors, ...document.warnings].filter(({ code }) => code !== 'TAG_RESOLVE_FAILED')
  const findings = problems.map(problem => ({ ...yamlFinding(problem, openings), path: [] }))
  if (second !== undefined) {
    findings.push({
      offset: second.range[0],
      path: [],
      message: 'a second document begins here; a config is one document',
    })
  }
  return findings.length > 0 ? { findings } : { document }
}

/** Turns nodes into plain values; remembers where each stood. */
class Walk {
  readonly findings: Finding[] = []
  readonly offsets = new Map<string, number>()
  stopped = false
  readonly #isText: (path: Path) => boolean
  readonly #anchors = new Map<string, ParsedNode>()
  #aliases = 0
  #values = 0

  constructor(isText: (path: Path) => boolean) {
    this.#isText = isText
  }

  plain(node: ParsedNode | null, path: Path, offset: number): unknown {
    if (this.stopped || node === null) return null
    this.#values += 1
    if (this.#values > VALUES_MAX) return this.#stop(path, offset, `there are more than ${VALUES_MAX} values`)
    if (path.length > LEVELS_MAX)
      return this.#stop(path.slice(0, LEVELS_MAX), offset, `values nest deeper than ${LEVELS_MAX} levels`)
    if (isAlias(node)) return this.#follow(node.source, path, offset)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag)) {
      return this.#complain(path, offset, `the tag ${node.tag} is not understood; drop it`)
    }
    if (isMap(node)) return this.#mapping(node.items, path)
    if (isSeq(node)) return node.items.map((item, index) => this.#item(item, [...path, index]))
    return this.#scalar(node, path, offset)
  }

  #mapping(items: readonly { readonly key: unknown; readonly value: unknown }[], path: Path): unknown {
    const entries = new Map<string, unknown>()
    for (const { key, value } of items) {
      const node = key as ParsedNode
      const offset = node.range[0]
      if (!isScalar(node) || node.source === undefined) {
        this.#complain(path, offset, 'a key must be plain text')
        continue
      }
      const name = node.source
      const inner = [...path, name]
      if (name === '__proto__') this.#complain(inner, offset, 'this cannot be a key; choose another name')
      else if (entries.has(name)) this.#complain(inner, offset, 'this key is here twice; drop one of them')
      else {
        this.offsets.set(pathKey(inner), offset)
        entries.set(name, this.plain(value as ParsedNode | null, inner, offset))
      }
    }
    return Object.fromEntries(entries)
  }

  #item(item: unknown, path: Path): unknown {
    const node = item as ParsedNode
    this.offsets.set(pathKey(path), node.range[0])
    return this.plain(node, path, node.range[0])
  }

  #scalar(node: Scalar, path: Path, offset: number): unknown {
    const { value, source } = node
    if (value === null || typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') {
      return source !== undefined && this.#isText(path) ? source : value
    }
    return this.#complain(path, offset, 'this is not text, a number, true, false or null; put it in quotes')
  }

  #follow(anchor: string, path: Path, offset: number): unknown {
    const node = this.#anchors.get(anchor)
    if (node === undefined) return this.#complain(path, offset, `nothing above is named &${anchor}`)
    this.#aliases += 1
    if (this.#aliases > ALIASES_MAX) {
      return this.#stop(path, offset, `more than ${ALIASES_MAX} aliases are followed; write the values out`)
    }
    return this.plain(node, path, offset)
  }

  #complain(path: Path, offset: number, message: string): null {
    this.findings.push({ offset, path, message })
    return null
  }

  #stop(path: Path, offset: number, message: string): null {
    this.stopped = true
    return this.#complain(path, offset, message)
  }
}

function pathKey(path: Path): string {
  return JSON.stringify(path)
}
