/** A real terminal for tests: a shell in a tmux of its own, keys in, screen out. */

import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { CLI_FILE } from './cli.js'
import { eventually, isRunning } from './processes.js'

/** Why there is no terminal here; false where there is one. */
export const NO_TERMINAL: string | false =
  spawnSync('tmux', ['-V']).status === 0 ? false : 'there is no tmux to be the terminal'

const run = promisify(execFile)

export interface Terminal {
  /** Keys as tmux names them: `j`, `Enter`, `C-z`. */
  press(...keys: readonly string[]): Promise<void>
  /** Types a line for the shell. */
  enter(line: string): Promise<void>
  /** The rows as they stand; with `styled` the sequences of their styles too. */
  screen(styled?: 'styled'): Promise<string>
  /** Resolves with the screen once it matches; rejects after 30 s with what stands there instead. */
  shows(pattern: RegExp): Promise<string>
  resize(columns: number, rows: number): Promise<void>
}

/** A terminal of 80x24 with an interactive shell in `folder`, where `espalier` is ours. It ends with the test. */
export async function startTerminal(
  t: Test,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Terminal> {
  const bin = join(folder, 'espalier')
  writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" "${CLI_FILE}" "$@"\n`)
  chmodSync(bin, 0o755)
  // A shell of root takes no PS1 from its environment.
  writeFileSync(join(folder, 'rc'), "PS1='shell> '\n")
  const socket = join(folder, 'tmux')
  const environment = {
    PATH: `${folder}:${process.env.PATH ?? '/usr/bin:/bin'}`,
    HOME: folder,
    ESPALIER_RUNTIME_DIR: folder,
    LC_ALL: 'C.UTF-8',
    ENV: join(folder, 'rc'),
    ...env,
  }
  const tmux = async (...args: readonly string[]) =>
    (
      await run('env', ['-u', 'NODE_OPTIONS', 'tmux', '-S', socket, '-f', '/dev/null', '-u', ...args], {
        env: environment,
        cwd: folder,
      })
    ).stdout
  await tmux('new-session', '-d', '-x', '80', '-y', '24', 'exec sh -i')
  const pid = Number(await tmux('display-message', '-p', '#{pid}'))
  t.teardown(async () => {
    await tmux('kill-server')
    await eventually(`tmux ${pid} is gone`, () => !isRunning(pid))
  })
  const screen = (styled?: 'styled') => tmux('capture-pane', '-p', ...(styled === undefined ? [] : ['-e']))
  const shows = async (pattern: RegExp) => {
    let text = ''
    try {
      await eventually(`${pattern} on the screen`, async () => {
        text = await screen()
        return pattern.test(text)
      })
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}; there stands\n${text}`)
    }
    return text
  }
  await shows(/shell>/)
  return {
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    async enter(line) {
      await tmux('send-keys', '-l', line)
      await tmux('send-keys', 'Enter')
    },
    screen,
    shows,
    resize: async (columns, rows) => void (await tmux('resize-window', '-x', String(columns), '-y', String(rows))),
  }
}
