/** A strict reader of Prometheus text, format 0.0.4, written from its description and not from our writer. */

export interface Read {
  readonly types: ReadonlyMap<string, string>
  /** Values by series: the name, and its labels in the order of their names. */
  readonly series: ReadonlyMap<string, number>
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/
const VALUE = /^ ([+-]Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i

/** @throws Error at the first line that breaks a rule */
export function readPrometheus(text: string): Read {
  const types = new Map<string, string>()
  const series = new Map<string, number>()
  const told = new Set<string>()
  let family = ''
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of text.split('\n').slice(0, -1)) {
    const [, word, name, rest] = /^# (HELP|TYPE) (\S+) ([^\n]*)$/.exec(line) ?? []
    if (word === 'HELP') {
      if (told.has(name)) throw new Error(`a second HELP of ${name}`)
      if (/\\[^\\n]/.test(rest)) throw new Error(`HELP of ${name} is not escaped`)
      told.add(name)
      family = name
    } else if (word === 'TYPE') {
      if (types.has(name)) throw new Error(`a second TYPE of ${name}`)
      if (!/^(counter|gauge|histogram)$/.test(rest)) throw new Error(`${name} is a ${rest}`)
      types.set(name, rest)
      family = name
    } else readSample(line)
  }
  checkHistograms()
  return { types, series }

  function readSample(line: string): void {
    const name = NAME.exec(line)?.[0] ?? ''
    const { labels, rest } = readLabels(line.slice(name.length))
    const value = VALUE.exec(rest)?.[1]
    if (name === '' || value === undefined) throw new Error(`no sample: ${line}`)
    const isHistogram = types.get(family) === 'histogram'
    const own = isHistogram ? name.replace(/_(bucket|sum|count)$/, '') : name
    if (own !== family) throw new Error(`${name} stands among those of ${family}`)
    if (types.get(family) === 'counter' && !name.endsWith('_total')) throw new Error(`counter ${name} is no _total`)
    const key = `${name}{${[...labels].toSorted().join(',')}}`
    if (series.has(key)) throw new Error(`a second ${key}`)
    series.set(key, Number(value.replace(/Inf$/, 'Infinity')))
  }

  /** Buckets never fall, and the last one is the count. */
  function checkHistograms(): void {
    for (const [name] of [...types].filter(([, type]) => type === 'histogram')) {
      const buckets = [...series].filter(([key]) => key.startsWith(`${name}_bucket{`)).map(([, value]) => value)
      if (buckets.some((value, at) => at > 0 && value < buckets[at - 1])) throw new Error(`${name} falls`)
      const last = series.get(`${name}_bucket{le=+Inf}`)
      if (last === undefined || last !== series.get(`${name}_count{}`)) throw new Error(`${name} does not add up`)
    }
  }
}

function readLabels(text: string): { readonly labels: readonly string[]; readonly rest: string } {
  if (!text.startsWith('{')) return { labels: [], rest: text }
  const labels: string[] = []
  let rest = text.slice(1)
  while (!rest.startsWith('}')) {
    const match = LABEL.exec(rest)
    if (match === null) throw new Error(`no label: ${rest}`)
    const value = match[2].replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one))
    labels.push(`${match[1]}=${value}`)
    rest = rest.slice(match[0].length)
    if (rest.startsWith(',')) rest = rest.slice(1)
    else if (!rest.startsWith('}')) throw new Error(`labels do not end: ${rest}`)
  }
  return { labels, rest: rest.slice(1) }
}
