/** The supervisor's end of the meter's thread: asks with a deadline, replaces a thread that died, but not for ever. */

import { Worker } from 'node:worker_threads'
import { EspalierError } from '../../protocol/failures.js'
import type { GroupTarget, KeeperTarget, MeterTarget } from './sampler.js'
import { packTargets } from './targets.js'
import type { MeterAnswer, MeterQuestion } from './thread.js'

/** Threads that may be started to replace dead ones in any window of `RESTART_WINDOW_MS`. */
export const RESTARTS_MAX = 5
export const RESTART_WINDOW_MS = 60_000

export interface MeterLink {
  /**
   * One round, starting the thread when there is none. One call at a time. Null while restarts are used up.
   * @throws {EspalierError} `timeout` when no answer came within the deadline (the thread is ended), `unavailable` when
   * the thread died, or when the last restart is used up (once; then null).
   */
  ask(
    targets: readonly MeterTarget[],
    keepers: readonly KeeperTarget[],
    groups: readonly GroupTarget[],
  ): Promise<Omit<MeterAnswer, 'id'> | null>
  /** Ends the thread; a question in flight fails with `closed`. */
  stop(): Promise<void>
}

/** A link to the thread that runs `file`, with `answerMs` to answer each question. No thread is started yet. */
export function createMeterLink(file: URL, answerMs: number): MeterLink {
  let thread: Worker | null = null
  let lastId = 0
  let hasSaid = false
  /** Fails the question in flight. */
  let fail: ((error: EspalierError) => void) | null = null
  /** A death that happened between two questions: the next one tells. */
  let unsaid: EspalierError | null = null
  /** When replacements were started, in ms of `performance.now()`; null before the first thread of all. */
  let restarts: readonly number[] | null = null

  const drop = async (dead: Worker, error: EspalierError): Promise<void> => {
    // A thread that throws says so twice, with its error and with its exit.
    if (thread !== dead) return
    thread = null
    if (fail === null) unsaid = error
    else fail(error)
    await dead.terminate()
  }

  const start = (): Worker | null => {
    const nowMs = performance.now()
    if (restarts === null) restarts = []
    else {
      const recent = restarts.filter(atMs => nowMs - atMs < RESTART_WINDOW_MS)
      if (recent.length >= RESTARTS_MAX) return null
      restarts = [...recent, nowMs]
    }
    hasSaid = false
    // pidusage would complain on the console of whoever embeds us, and takes other settings from the environment.
    const env = { ...process.env, PIDUSAGE_SILENT: '1' }
    const worker = new Worker(file, { env, execArgv: [], name: 'espalier-meter' })
    worker.unref()
    worker.on('error', cause => drop(worker, died(`: ${cause.message}`, cause)))
    worker.on('exit', code => drop(worker, died(` with exit code ${code}`)))
    return worker
  }

  return {
    async ask(targets, keepers, groups) {
      if (unsaid !== null) {
        const error = unsaid
        unsaid = null
        throw error
      }
      thread ??= start()
      if (thread === null) {
        if (hasSaid) return null
        hasSaid = true
        throw pausedError()
      }
      const worker = thread
      const question: MeterQuestion = { id: ++lastId, targets: packTargets(targets), keepers, groups }
      let timer: NodeJS.Timeout | undefined
      let hear: (answer: MeterAnswer) => void = () => undefined
      try {
        return await new Promise<MeterAnswer>((settle, reject) => {
          fail = reject
          hear = answer => {
            if (answer.id === question.id) settle(answer)
          }
          worker.on('message', hear)
          timer = setTimeout(() => drop(worker, late(answerMs)), answerMs).unref()
          worker.postMessage(question, [question.targets.buffer])
        })
      } finally {
        clearTimeout(timer)
        worker.off('message', hear)
        fail = null
      }
    },

    async stop() {
      const error = new EspalierError('closed', 'the meter was stopped; nothing is measured any more')
      if (thread !== null) await drop(thread, error)
    },
  }
}

function died(how: string, cause?: Error): EspalierError {
  return new EspalierError('unavailable', `the meter's thread died${how}; it is replaced at the next period`, { cause })
}

function late(answerMs: number): EspalierError {
  const text = `the meter's thread gave no answer within ${answerMs} ms; it was ended and is replaced at the next period`
  return new EspalierError('timeout', text)
}

function pausedError(): EspalierError {
  const text =
    `the meter's thread died ${RESTARTS_MAX + 1} times within ${RESTART_WINDOW_MS / 1000} s, so memory and CPU are not ` +
    'measured until that time has passed; the errors before this one say why'
  return new EspalierError('unavailable', text)
}
