/** What the daemon remembers of the news it told: refusals, and the lives of processes to their ends. In memory, bounded. */

import type { News } from '../news.js'
import { createLives, type Lives } from './lives.js'
import { createRefusals, type Refusals } from './refusals.js'

export interface History {
  /** Takes in one piece of news. */
  hear(news: News): void
  /** A look of the meter at one process. Null: it saw none of that figure. */
  measure(pid: number, cpuPercent: number | null, rssBytes: number | null): void
  readonly lives: Pick<Lives, 'living' | 'find' | 'ended'>
  readonly refusals: Pick<Refusals, 'find' | 'hasExpired'>
}

export interface HistoryOptions {
  /** Unix ms. */
  readonly now: () => number
  /** Grace of a service between TERM and KILL, in ms. */
  readonly graceOf: (service: string) => number
}

/** An empty one. */
export function createHistory({ now, graceOf }: HistoryOptions): History {
  const lives = createLives()
  const refusals = createRefusals()
  return {
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
