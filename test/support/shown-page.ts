/** The commands that a document shows, played as its reader would: one after another, in a folder and with a daemon of their own. */

import { existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { splitWords } from '../../src/config/words.js'
import { CLI_FILE, cli, type Outcome, startCli } from './cli.js'
import { optionsSaid, problemOf, type ShownCommand, shownCommands } from './doc-commands.js'
import { privateFolder } from './folder.js'
import { eventually } from './processes.js'

export interface Page {
  readonly text: string
  /** Its services run `node service.mjs`, or another of `SCRIPTS`. */
  readonly config: string
  /** What the words of its commands stand for: `NAME`, `0-17`. */
  readonly words: Readonly<Record<string, string>>
}

/** How a command went that was played. */
export interface Played extends Outcome {
  readonly line: number
  /** Without `espalier`. */
  readonly args: readonly string[]
}

/** Without a terminal they end at once, with 2; e2e/init.test.ts and e2e/top.test.ts play them in one. */
const WANTS_TERMINAL = /^(init(?!.* --yes)|top(?!.* --once))/

/** They go on until they are told to end. */
const ENDLESS = /^run |( |^)(-f|--watch)( |$)/

/** One changes what another finds. */
const CHANGING = /^(init|run|up|down|stop|start|restart|spawn)\b/

/** They need no daemon, or begin one. */
const WITHOUT_DAEMON = /^(init|run|up|config|completion) ?/

/**
 * A service that says something, is refused something, starts a child each second, and runs what stands in the file
 * `inside`, since `spawn` is for those within a service. The first of several that sees the file has it.
 */
const SERVICE = `
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { spawnAgent } from '${new URL('../../src/client/index.js', import.meta.url)}'

const ask = more => spawnAgent({ name: 'kid', argv: ['true'], ...more }).catch(error => console.log(error.message))
console.log('a time-out')
await ask({ ttlMs: 86_400_000 })
await ask()
console.log('has begun')
setInterval(ask, 1000)
setInterval(() => {
  if (!existsSync('inside')) return
  const mine = 'inside-' + process.pid
  try {
    renameSync('inside', mine)
  } catch (error) {
    if (error.code === 'ENOENT') return // Another service has it.
    throw error
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['${CLI_FILE}', ...JSON.parse(readFileSync(mine, 'utf8'))])
  writeFileSync('outcome.new', JSON.stringify({ code: status, out: String(stdout), err: String(stderr) }))
  renameSync('outcome.new', 'outcome')
}, 20)
`

const SCRIPTS: Readonly<Record<string, string>> = {
  'service.mjs': SERVICE,
  'agent.mjs': SERVICE,
  'web.mjs': SERVICE,
  'worker.mjs': '',
}

/** Every command of the page that is whole, as it stands, then once more with each option that is said beside it. */
export async function playPage(t: Test, page: Page): Promise<readonly Played[]> {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'espalier.yaml'), page.config)
  writeFileSync(join(folder, 'new.yaml'), page.config)
  for (const [name, text] of Object.entries(SCRIPTS)) writeFileSync(join(folder, name), text)
  const daemon = daemonOf(t, folder)
  const played: Played[] = []
  for (const shown of shownCommands(page.text)) {
    if (!(await isPlayed(shown))) continue
    // Side by side where none of them changes what the next one finds.
    const all = variants(shown, page.words)
    for (const group of CHANGING.test(shown.command) ? all.map(args => [args]) : [all]) {
      await daemon.readyFor(group[0]!.join(' '))
      const outcomes = await Promise.all(group.map(args => play(t, folder, args)))
      daemon.after(group[0]!.join(' '))
      played.push(...group.map((args, at) => ({ line: shown.line, args, ...outcomes[at]! })))
    }
  }
  await daemon.end()
  return played
}

/** 0, but for what wants a terminal and what we have ended: a child that was told to, or a reader that INT ended. */
export function expectedCode({ args }: Played): number {
  const command = args.join(' ')
  if (WANTS_TERMINAL.test(command)) return 2
  if (/^run .*-- /.test(command)) return 143
  return ENDLESS.test(command) && !command.startsWith('run ') ? 130 : 0
}

/** All in fenced blocks; in a sentence those whose every word is meant as it stands. */
async function isPlayed(shown: ShownCommand): Promise<boolean> {
  const { whole, isWithin, command } = shown
  if (isWithin) return false
  if (whole) return true
  const isConcrete = / .*[-.=]/.test(command) && !/[A-Z]{3}/.test(command)
  return isConcrete && (await problemOf({ ...shown, whole: true })) === null
}

/** The command with its placeholders filled in, and once more with each option. */
function variants(shown: ShownCommand, words: Page['words']): readonly (readonly string[])[] {
  const split = splitWords(shown.command)
  if (!split.ok) throw new Error(`${shown.command}: ${split.problem}`)
  const args = split.value.filter(word => word !== '...').map(word => words[word] ?? word)
  const { path, options } = optionsSaid(shown)
  return [args, ...options.map(option => [...path, ...option, ...args.slice(path.length)])]
}

async function play(t: Test, folder: string, args: readonly string[]): Promise<Outcome> {
  const command = args.join(' ')
  if (command.startsWith('spawn ')) return inside(folder, args)
  if (!ENDLESS.test(command)) return cli(t, folder, args)
  const run = startCli(t, folder, args)
  await eventually(`espalier ${command} says something`, () => run.out() !== '' || run.child.exitCode !== null)
  run.child.kill('SIGINT')
  return run.ended
}

/** Has a service run it. */
async function inside(folder: string, args: readonly string[]): Promise<Outcome> {
  writeFileSync(join(folder, 'inside.new'), JSON.stringify(args))
  renameSync(join(folder, 'inside.new'), join(folder, 'inside'))
  const outcome = join(folder, 'outcome')
  await eventually(`a service has run ${args.join(' ')}`, () => existsSync(outcome))
  const said = JSON.parse(readFileSync(outcome, 'utf8'))
  unlinkSync(outcome)
  return said
}

/** The daemon of the page's config: begun when a command needs it, not there when one begins it. */
function daemonOf(t: Test, folder: string) {
  let isUp = false
  const end = async () => {
    if (isUp) t.match(await cli(t, folder, ['down']), { code: 0 })
    isUp = false
  }
  const begun = () =>
    eventually('a service has begun', async () => {
      const { code } = await cli(t, folder, ['logs', '--quiet', '--grep', 'has begun'])
      return code === 0
    })
  t.teardown(end)
  return {
    async readyFor(command: string) {
      if (/^(run|up) /.test(command)) await end()
      else if (!isUp && !WITHOUT_DAEMON.test(command)) {
        t.match(await cli(t, folder, ['up']), { code: 0 })
        await begun()
        isUp = true
      }
    },
    /** What is known of it once that has been done. */
    after(command: string) {
      isUp = command.startsWith('up ') || (isUp && !command.startsWith('down'))
    },
    end,
  }
}
