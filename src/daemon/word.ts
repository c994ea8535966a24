/** What a keeper keeps of a process for the daemon that comes after this one: its name and token, and what it was asked to be. */

import { isName, NAME_LENGTH_MAX } from '../../protocol/ids.js'
import { KEEPER_WORD_BYTES_MAX } from '../../protocol/keeper/messages.js'
import { TOKEN_LENGTH } from '../../protocol/wire/requests.js'
import type { FoundProcess } from '../launch.js'
import type { Life } from './history/life.js'

export interface Word {
  readonly role: 'root' | 'child'
  readonly name: string
  readonly token: string
  readonly ttlMs: number | null
  /** As much of the command line as the word has room for. */
  readonly command: string
}

/** At most `KEEPER_WORD_BYTES_MAX` bytes: the command is cut to what the rest leaves. */
export function writeWord({ argv, ...word }: Omit<Word, 'command'> & { readonly argv: readonly string[] }): string {
  const write = (command: string) => JSON.stringify({ ...word, command })
  // Escapes may make six characters out of one, so what is cut is measured again.
  let command = argv.join(' ').slice(0, KEEPER_WORD_BYTES_MAX)
  while (command !== '' && Buffer.byteLength(write(command)) > KEEPER_WORD_BYTES_MAX) {
    command = command.slice(0, Math.floor(command.length * 0.8))
  }
  return write(command)
}

/** Null for what no daemon has written: it is the keeper's, and still nothing is taken as it comes. */
export function readWord(text: string): Word | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (typeof value !== 'object' || value === null) return null
  const { role, name, token, ttlMs, command } = value as Readonly<Record<string, unknown>>
  if ((role !== 'root' && role !== 'child') || !isName(name) || typeof command !== 'string') return null
  if (typeof token !== 'string' || token.length !== TOKEN_LENGTH) return null
  if (ttlMs !== null && !(Number.isSafeInteger(ttlMs) && Number(ttlMs) > 0)) return null
  return { role, name, token, ttlMs: ttlMs === null ? null : Number(ttlMs), command }
}

/** Of a process whose word is lost, and whose life a daemon before this one has stored; its token is lost. */
export function recalledWord(life: Life | null): Word | null {
  if (life === null) return null
  const { name, ttlMs, command, parentPid } = life.process
  return { role: parentPid === null ? 'root' : 'child', name, token: '', ttlMs, command }
}

/** Of a process whose word is lost, or was never written: it has the name of its program, else one made of its pid. */
export function guessWord({ pid, parentId, traces }: FoundProcess, service: string): Word {
  const isRoot = traces?.isRoot ?? parentId === 0
  const command = traces?.command ?? ''
  const program = command.split(' ', 1)[0].split('/').at(-1)?.slice(0, NAME_LENGTH_MAX)
  const name = isRoot ? service : isName(program) ? program : `pid-${pid}`
  return { role: isRoot ? 'root' : 'child', name, token: '', ttlMs: null, command }
}
