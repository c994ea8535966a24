/** What the daemon remembers of the news it told: refusals, and the lives of processes to their ends. Bounded; its journal stores it. */

import type { RefusalReport } from '../../../protocol/wire/past.js'
import type { StoredRecord } from '../../store/store.js'
import type { News } from '../news.js'
import type { Journal } from './journal.js'
import { createLives, type Lives } from './lives.js'
import { createRefusals, type Refusals } from './refusals.js'
import { readLife } from './stored-life.js'

export interface History {
  /** Takes in what daemons before this one have stored, before any news. */
  restore(records: readonly StoredRecord[]): void
  /** Takes in one piece of news. */
  hear(news: News): void
  /** A look of the meter at one process. Null: it saw none of that figure. */
  measure(pid: number, cpuPercent: number | null, rssBytes: number | null): void
  /** Resolves when the lives and ends that it has heard of survive the end of this process. */
  stored(): Promise<void>
  readonly lives: Pick<Lives, 'living' | 'find' | 'ended' | 'recall' | 'giveUp'>
  readonly refusals: Pick<Refusals, 'find' | 'hasExpired' | 'nextCount'>
}

export interface HistoryOptions {
  /** Unix ms. */
  readonly now: () => number
  /** Grace of a service between TERM and KILL, in ms. */
  readonly graceOf: (service: string) => number
  readonly journal: Journal
  /** Id of this boot. */
  readonly boot: string
}

/** An empty one. */
export function createHistory({ now, graceOf, journal, boot }: HistoryOptions): History {
  const lives = createLives(journal, boot)
  const refusals = createRefusals(journal)
  return {
    restore(records) {
      const of = (kind: StoredRecord['kind']) => records.filter(record => record.kind === kind)
      lives.restore([...of('end'), ...of('life')].map(readLife))
      refusals.restore(of('flood').map(readRefusal), of('refusal').map(readRefusal))
    },
    stored: journal.stored,
    lives,
    refusals,
    measure: lives.measure,
    hear(news) {
      switch (news.kind) {
        case 'started':
          return lives.begin(news.process)
        case 'exited':
          return lives.end(news.process, news.exit)
        case 'moved':
          return lives.move(news.process.pid, news.toPid)
        case 'ending':
          for (const { pid, service } of news.processes) {
            lives.order(pid, { reason: news.reason, atMs: now(), graceMs: graceOf(service) })
          }
          return
        case 'refused': {
          const { service, refusal, childName, parentPid, parentName, askerPid } = news
          const life = lives.find(parentPid)
          const parent = { pid: parentPid, name: life?.process.name ?? parentName }
          refusals.add({ service, refusal, atMs: now(), childName, parent, askerPid, life })
        }
      }
    },
  }
}

function readRefusal({ service, fields }: StoredRecord): RefusalReport {
  return { service, ...(fields as unknown as Omit<RefusalReport, 'service'>) }
}
