/** Counts a TAP 14 stream as tap prints it: which assertions held, which did not, and what to show of it. */

const POINT = /^(not )?ok\b(?: \d+)?(?: - )?(.*)$/
const DIRECTIVE = /\s#\s*(skip|todo)\b/i
const TIME = /\s*#\s*time=.*$/

/**
 * Reads a stream line by line. `onFile({ name, ok, passed, failed, skipped, seconds, shown })` is called as each
 * top-level point (a test file) ends; `shown` are the lines worth a reader's time: failures and comments.
 * The return has `line(text)`, `totals()` and `end()`, which closes a stream that broke off as one failure.
 */
export function createPointCounter(onFile) {
  const totals = { passed: 0, failed: 0, skipped: 0, files: 0, bailed: false }
  // counts[level] sums the leaf points below the point that will come next at level - 1.
  let counts = []
  let shown = []
  let yaml = null

  function line(text) {
    if (yaml !== null) {
      if (yaml.keep) shown.push(text)
      if (text === `${yaml.indent}...`) yaml = null
      return
    }
    const indent = text.match(/^ */)[0]
    const body = text.slice(indent.length)
    if (body === '---' && indent.length % 4 === 2) {
      yaml = { indent, keep: shown.at(-1)?.trimStart().startsWith('not ok') ?? false }
      if (yaml.keep) shown.push(text)
      return
    }
    if (body.startsWith('Bail out!')) {
      totals.bailed = true
      shown.push(text)
      return
    }
    const point = indent.length % 4 === 0 ? POINT.exec(body) : null
    if (point === null) return comment(text, body)
    count(indent.length / 4, point[1] === undefined, point[2], text)
  }

  function comment(text, body) {
    const noise = body === '' || /^(# Subtest: |# time=|# test count|\d+\.\.\d+|TAP version|# \{ total|# No coverage)/.test(body)
    if (!noise) shown.push(text)
  }

  function count(level, ok, title, text) {
    const below = counts[level + 1] ?? { passed: 0, failed: 0, skipped: 0 }
    counts.length = level + 1
    const here = counts[level] ?? { passed: 0, failed: 0, skipped: 0 }
    const leaf = below.passed + below.failed + below.skipped === 0
    const empty = level === 0 && leaf
    if (!leaf) {
      here.passed += below.passed
      here.failed += below.failed
      here.skipped += below.skipped
      // A parent that fails although its points held: a broken plan, a crash, a timeout.
      if (!ok && below.failed === 0) here.failed++
    } else if (DIRECTIVE.test(title) && !empty) here.skipped++
    else if (ok && !empty) here.passed++
    else here.failed++
    if (!ok) shown.push(text)
    else if (empty) shown.push(`    ${title}: a test file without a test counts as a failure`)
    counts[level] = here
    if (level > 0) return
    const seconds = /# time=([\d.]+)(ms|s)/.exec(title)
    onFile({
      name: title.replace(TIME, '').replace(DIRECTIVE, ' #'),
      ok: ok && here.failed === 0,
      ...here,
      seconds: seconds === null ? 0 : Number(seconds[1]) / (seconds[2] === 'ms' ? 1000 : 1),
      shown,
    })
    totals.passed += here.passed
    totals.failed += here.failed
    totals.skipped += here.skipped
    totals.files++
    counts = []
    shown = []
  }

  function end() {
    if (totals.bailed || counts.length > 0) totals.failed++
    return shown
  }

  return { line, end, totals: () => totals }
}
