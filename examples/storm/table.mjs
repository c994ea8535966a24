// What was seen of each kind of service, the worst of all rounds, as a table.

const HEAD = ['kind', 'services', 'live', 'tasks', 'memory', 'logs', 'spawned', 'refused', 'ended', 'p99 ask', 'left']

/** Lines of text: the hostile kinds, and the steady services by what was hostile beside them. */
export function tableLines(rounds) {
  const kinds = new Map()
  for (const { kind, rows } of rounds) {
    for (const row of rows.values()) {
      const name = row.kind === 'steady' ? `steady beside ${kind}` : row.kind
      kinds.set(name, [...(kinds.get(name) ?? []), row])
    }
  }
  const table = [HEAD, ...[...kinds].map(([name, rows]) => [name, ...cells(rows)])]
  const widths = HEAD.map((_, at) => Math.max(...table.map(cellsOf => cellsOf[at].length)))
  return table.map(line =>
    line
      .map((cell, at) => cell.padEnd(widths[at]))
      .join('  ')
      .trimEnd(),
  )
}

function cells(rows) {
  const { limits } = rows[0]
  const most = key => Math.max(...rows.map(row => row[key] ?? 0))
  return [
    String(new Set(rows.map(({ name }) => name)).size),
    `${most('live')}/${limits.descendants}`,
    `${most('tasks')}/${limits.tasks}`,
    `${mib(most('memory'))}/${limits.totalMemory === null ? 'none' : mib(limits.totalMemory)}`,
    `${mib(most('logs'))}/${mib(rows[0].logsMost)}`,
    String(rows.reduce((sum, { spawned }) => sum + spawned, 0)),
    counts(rows.map(({ refused }) => refused)),
    counts(rows.map(({ ends }) => ends)),
    `${most('p99Ms').toFixed(0)}ms`,
    String(most('survivors')),
  ]
}

function mib(bytes) {
  return `${(bytes / 2 ** 20).toFixed(0)}M`
}

/** The sum of each, the most first. */
function counts(all) {
  const sums = {}
  for (const one of all) for (const [code, count] of Object.entries(one)) sums[code] = (sums[code] ?? 0) + count
  const parts = Object.entries(sums).toSorted(([, a], [, b]) => b - a)
  return parts.length === 0 ? '-' : parts.map(([code, count]) => `${code} ${count}`).join(', ')
}
