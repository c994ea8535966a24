/** The documents whose commands are played, each with a config that has the services which it names. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { PROJECT_ROOT } from './root.js'
import { expectedCode, type Page, playPage } from './shown-page.js'

const OWN = `services:
  web: { command: node service.mjs, spawn: { limits: { ttl_max: 1h } } }
  agents: { command: node service.mjs }
`

export const PAGES = {
  'docs/OPERATIONS.md': () => ({
    config: OWN,
    words: {
      '[FILE]': 'first.yaml',
      FILE: 'espalier.yaml',
      NAME: 'web',
      '[NAME]': 'web',
      'PID|NAME': 'web',
      'key=value': 'children=9',
      '0-17': '0-1',
      COMMAND: 'true',
    },
  }),
  'docs/LIMITS.md': text => ({ config: shownConfig(text, 'agents'), words: {} }),
  'docs/LOGS.md': text => ({ config: shownConfig(text, 'web'), words: {} }),
  'docs/BENCHMARKS.md': () => ({ config: OWN, words: {} }),
} satisfies Readonly<Record<string, (text: string) => Omit<Page, 'text'>>>

/** How long one may take, in ms. */
const PAGE_MS = 400_000

/** Plays one of them: every command that it shows ends with the code that it shall, and knows all its words. */
export function testPage(name: keyof typeof PAGES): void {
  const skip = launcherName() === 'portable' ? 'portable mode has no logs, and no daemon that is asked later' : false
  // Up to sixty processes one after another, on a busy machine too.
  t.setTimeout(PAGE_MS)
  t.test(`every command that ${name} shows ends as it shall`, { skip }, async t => {
    const text = readFileSync(join(PROJECT_ROOT, name), 'utf8')
    for (const played of await playPage(t, { text, ...PAGES[name](text) })) {
      const said = `${name}:${played.line}: espalier ${played.args.join(' ')}`
      t.equal(played.code, expectedCode(played), `${said}: ${played.err}`)
      t.notMatch(played.err, /unknown/i, said)
    }
  })
}

/** The config of the page itself that has the service. */
function shownConfig(text: string, service: string): string {
  const configs = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, config]) => config!)
  const found = configs.find(config => new RegExp(`^  ${service}:$`, 'm').test(config))
  if (found === undefined) throw new Error(`no config of the page has ${service}`)
  return found
}
