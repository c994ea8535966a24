/** A life as it is stored: its secrets left out, whom it came below by the number of that life, its boot with it. */

import type { Exit } from '../../../protocol/children.js'
import type { EndOrder } from '../../../protocol/wire/past.js'
import type { StoredFields, StoredRecord } from '../../store/store.js'
import { redact } from '../../terminal/redact.js'
import { COMMAND_LENGTH_MAX, type EndedLife, type Life } from './life.js'

/** What is read of a stored life. */
export interface StoredLife {
  readonly life: Life
  readonly parentNumber: number | null
  /** Id of the boot in which it began. */
  readonly boot: string
}

/** What is stored of one, living or ended. */
export function storeLife(life: Life, boot: string): StoredFields {
  const { process, parent, number, order, exit, peakRssBytes, peakCpuPercent, cpuMs, coreDumped } = life
  const { name, pid, startTicks, parentPid, depth, startedAt, ttlMs } = process
  const command = redact(process.command.slice(0, COMMAND_LENGTH_MAX))
  const who = { number, boot, parentNumber: parent?.number ?? null, name, pid, startTicks, parentPid, depth, command }
  return { ...who, startedAt, ttlMs, order, exit, peakRssBytes, peakCpuPercent, cpuMs, coreDumped }
}

/** The parent is still to be found by its number. */
export function readLife({ service, fields }: StoredRecord): StoredLife {
  const { number, boot, parentNumber, order, exit, peakRssBytes, peakCpuPercent, cpuMs, coreDumped, ...who } =
    fields as unknown as Written
  const process = { ...who, service, state: 'running', cpuPercent: null, rssBytes: null } as const
  const figures = { peakRssBytes, peakCpuPercent, cpuMs: cpuMs ?? null, coreDumped: coreDumped ?? null }
  return { life: { process, parent: null, number, order, exit, ...figures }, parentNumber, boot }
}

/** Whether a life that was read has ended. */
export function isEnded(life: Life): life is EndedLife {
  return life.exit !== null
}

/** As `storeLife` writes it. */
interface Written {
  readonly number: number
  readonly boot: string
  readonly parentNumber: number | null
  readonly name: string
  readonly pid: number
  readonly startTicks: number | null
  readonly parentPid: number | null
  readonly depth: number
  readonly command: string
  readonly startedAt: number
  readonly ttlMs: number | null
  readonly order: EndOrder | null
  readonly exit: Exit | null
  readonly peakRssBytes: number | null
  readonly peakCpuPercent: number | null
  readonly cpuMs?: number | null
  readonly coreDumped?: boolean | null
}
