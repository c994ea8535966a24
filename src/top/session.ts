/** One run of `top`: looks, keys, signals and the screen, until somebody leaves. */

import type { ReadStream, WriteStream } from 'node:tty'
import { ClientError } from '../client/errors.js'
import type { Look } from '../terminal/paint.js'
import { answerWish, type Sources } from './answers.js'
import { frame } from './frame.js'
import { intentionOf } from './intentions.js'
import { createKeyReader } from './keys.js'
import { firstState, lost, seen } from './looks.js'
import type { Order } from './rows.js'
import { createScreen } from './screen.js'
import type { State } from './state.js'
import { step, type Wish } from './step.js'

/** An escape after which nothing comes for so long is the key, in ms: a sequence over ssh may arrive in two pieces. */
const ESCAPE_MS = 50

/** What ends a program ends this one, after it has given the terminal back. */
const ENDING = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

export interface SessionOptions extends Sources {
  readonly input: ReadStream
  readonly output: WriteStream
  readonly look: Look
  readonly order: Order
  /** Between two looks at the daemon, in ms. */
  readonly intervalMs: number
}

/**
 * Resolves with the exit code when somebody leaves. A daemon that goes away later is waited for; one that is not there at
 * the beginning is a failure.
 * @throws {ClientError} of the first look
 */
export async function runSession(options: SessionOptions): Promise<number> {
  const { client, input, output, intervalMs } = options
  const screen = createScreen(input, output, options.look)
  let state = firstState(await client.tree(), screen.size, options.order)
  let leave: (code: number) => void = () => undefined
  const left = new Promise<number>(settle => {
    leave = settle
  })

  const draw = () => {
    const { lines, from } = frame(state, Date.now())
    state = { ...state, from }
    screen.draw(lines)
  }
  const become = (next: State) => {
    state = next
    draw()
  }

  let isAsking = false
  const ask = async () => {
    // A daemon that is slow is asked again when it has answered, or failed to in time.
    if (isAsking) return
    isAsking = true
    try {
      // Keys are pressed while it is waited for: what has been seen goes into the state of then.
      const forest = await client.tree()
      become(seen(state, forest))
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      become(lost(state, error.message, Date.now()))
    } finally {
      isAsking = false
    }
  }

  const grant = async (wish: Wish) => {
    if (wish.kind === 'quit') leave(0)
    else if (wish.kind === 'suspend') suspend()
    else if (wish.kind === 'redraw') {
      screen.forget()
      await ask()
    } else {
      const answered = await answerWish(options, wish)
      become(answered(state))
      await ask()
    }
  }
  const press = (keys: readonly string[]) => {
    for (const key of keys) {
      const intention = intentionOf(key, state.mode.kind)
      const { state: next, wish } = intention === null ? { state, wish: null } : step(state, intention)
      state = next
      if (wish !== null) void grant(wish)
    }
    draw()
  }

  const reader = createKeyReader()
  let escaping: NodeJS.Timeout | undefined
  const hear = (text: string) => {
    clearTimeout(escaping)
    press(reader.push(text))
    if (reader.isOpen) escaping = setTimeout(() => press(reader.flush()), ESCAPE_MS)
  }
  const resize = () => {
    screen.forget()
    become({ ...state, size: screen.size })
  }
  const proceed = () => {
    screen.leave()
    screen.enter()
    resize()
  }
  const suspend = () => {
    screen.leave()
    process.off('SIGTSTP', suspend)
    // The whole foreground group, as the terminal does it for a program that reads lines: what started this one stops too.
    // Where nobody could let it go on (no shell above), the kernel takes no notice of it.
    process.kill(0, 'SIGTSTP')
    process.on('SIGTSTP', suspend)
    proceed()
  }
  const gone = () => leave(ENDING.SIGHUP)

  const listeners: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ...Object.entries(ENDING).map(([signal, code]) => [signal as NodeJS.Signals, () => leave(code)] as const),
    ['SIGCONT', proceed],
    ['SIGTSTP', suspend],
  ]
  for (const [signal, listener] of listeners) process.on(signal, listener)
  input.setEncoding('utf8').on('data', hear).on('end', gone).on('error', gone)
  output.on('resize', resize).on('drain', draw)
  screen.enter()
  draw()
  const timer = setInterval(() => void ask(), intervalMs)
  try {
    return await left
  } finally {
    clearInterval(timer)
    clearTimeout(escaping)
    for (const [signal, listener] of listeners) process.off(signal, listener)
    input.off('data', hear).off('end', gone).off('error', gone)
    output.off('resize', resize).off('drain', draw)
    screen.leave()
  }
}
