/** Asking for spawns: who is asked, what is refused before any host is, and many decisions in one message. */

import type { Registry } from '../../actors/registry/registry.js'
import { NOWHERE, type Router } from '../../actors/router/router.js'
import { EspalierError } from '../../protocol/failures.js'
import { MANY_MAX } from '../../protocol/lane/operations.js'
import type { Grant, Refusal } from '../../protocol/refusals.js'
import type { AuthorizeOptions, AuthorizeRequest } from '../api.js'
import type { AuthorizeByIdentity, InServiceOptions } from '../core.js'
import { isAnswerHeard, publishAnswer, publishAnswered } from '../diagnostics.js'
import * as encode from '../lane/encode.js'
import type { Lane } from '../lane/lane.js'
import * as check from './checks.js'
import type { EventLog } from './event-log.js'
import type { Fleet } from './fleet.js'
import type { RouterRefusals } from './router-refusals.js'
import type { Waiting } from './waiting.js'

type Answer = Grant | Refusal

export class Admission {
  private readonly fleet: Fleet
  private readonly router: Router
  private readonly registry: Registry
  private readonly refusals: RouterRefusals
  private readonly log: EventLog
  private readonly waiting: Waiting
  private isOver = false
  /** Told how long a decision took, in ms. One at a time is timed, so that a flood pays for a few and a trickle shows whole. */
  private onTimed: ((ms: number) => void) | null = null
  private isTiming = false

  constructor(
    fleet: Fleet,
    router: Router,
    registry: Registry,
    refusals: RouterRefusals,
    log: EventLog,
    waiting: Waiting,
  ) {
    this.fleet = fleet
    this.router = router
    this.registry = registry
    this.refusals = refusals
    this.log = log
    this.waiting = waiting
  }

  /** The supervisor begins to close: everything is refused from now on, those who wait included. */
  close(): void {
    this.isOver = true
    this.waiting.close()
  }

  /** From now `hear` is told what single decisions of hosts take, as their caller sees it. */
  time(hear: (ms: number) => void): void {
    this.onTimed = hear
  }

  /** A spawn below a pid, at once or when it may be. */
  one(parentPid: number, childName: string, options: AuthorizeByIdentity | null | undefined): Promise<Answer> {
    return publishAnswered(this.ask(parentPid, childName, options), null, parentPid, childName)
  }

  private ask(parentPid: number, childName: string, options: AuthorizeByIdentity | null | undefined): Promise<Answer> {
    const wait = options?.wait
    if (wait == null || this.isOver) return this.now(parentPid, childName, options)
    checked(parentPid, childName, options)
    check.checkWait(wait)
    return this.waiting.grant(
      parentPid,
      wait,
      () => this.now(parentPid, childName, options),
      (waiting, limit) => this.refusals.busy(parentPid, childName, waiting, limit),
    )
  }

  private now(parentPid: number, childName: string, options: AuthorizeByIdentity | null | undefined): Promise<Answer> {
    if (this.isOver) return Promise.resolve(this.refusals.shuttingDown(parentPid, childName))
    const ttlMs = checked(parentPid, childName, options)
    const index = this.router.laneOf(parentPid)
    if (index === NOWHERE) return Promise.resolve(this.refusals.noTree(parentPid, childName))
    const lane = this.fleet.lanes[index]
    if (lane.isFull) return Promise.resolve(this.refusals.busy(parentPid, childName, lane.outstanding))
    const name = this.log.isListening ? childName : ''
    const ticks = options?.parentStartTicks ?? null
    return this.timed(lane.call(encode.encodeAuthorize(lane, parentPid, 0, ttlMs, name, ticks)))
  }

  /** A spawn below the virtual root of a service, or its node `adopted`. */
  inService(service: string, childName: string, options: InServiceOptions | undefined): Promise<Answer> {
    return publishAnswered(this.askInService(service, childName, options), service, null, childName)
  }

  private askInService(service: string, childName: string, options: InServiceOptions | undefined): Promise<Answer> {
    const wait = options?.wait
    if (wait == null || this.isOver) return this.nowInService(service, childName, options)
    check.checkName(childName, 'child name')
    check.checkWait(wait)
    return this.waiting.grant(
      // No pid is negative: a service's own line, wherever its oldest root may be by then.
      -this.registry.get(service).id,
      wait,
      async () => this.nowInService(service, childName, options),
      (waiting, limit) => this.refusals.busy(process.pid, childName, waiting, limit),
    )
  }

  /** `inService` answered within the call. @throws {EspalierError} `unavailable` where hosts are threads */
  inServiceAtOnce(service: string, childName: string): Answer {
    if (this.isOver) return this.refusals.shuttingDown(process.pid, childName)
    check.checkName(childName, 'child name')
    const entry = this.registry.get(service)
    const lane = this.fleet.lanes[entry.lane]
    const fromMs = performance.now()
    const answer = lane.callNow(encode.encodeAuthorize(lane, 0, entry.id, null, childName))
    if (answer === undefined) {
      throw new EspalierError('unavailable', 'this supervisor does not answer within a call; create it inline')
    }
    if (isAnswerHeard()) publishAnswer(answer as Answer, { service, parentPid: null, childName }, fromMs)
    return answer as Answer
  }

  private nowInService(service: string, childName: string, options: InServiceOptions | undefined): Promise<Answer> {
    if (this.isOver) return Promise.resolve(this.refusals.shuttingDown(process.pid, childName))
    check.checkName(childName, 'child name')
    const entry = this.registry.get(service)
    const lane = this.fleet.lanes[entry.lane]
    if (lane.isFull) return Promise.resolve(this.refusals.busy(process.pid, childName, lane.outstanding))
    const speaker = options?.isAdopted === true ? -entry.id : entry.id
    return this.timed(lane.call(encode.encodeAuthorize(lane, 0, speaker, options?.ttlMs ?? null, childName)))
  }

  private timed(asked: Promise<Answer>): Promise<Answer> {
    const { onTimed } = this
    if (onTimed === null || this.isTiming) return asked
    this.isTiming = true
    const fromMs = performance.now()
    const stop = () => {
      this.isTiming = false
      onTimed(performance.now() - fromMs)
    }
    asked.then(stop, () => {
      this.isTiming = false
    })
    return asked
  }

  /** Many spawns: one message a host and `MANY_MAX` decisions, one promise for all. */
  async many(requests: readonly AuthorizeRequest[]): Promise<Answer[]> {
    check.checkRequests(requests)
    for (const request of requests) checked(request.parentPid, request.childName, request)
    // An event and a channel tell the child's name, which a message of many does not carry.
    if (this.isOver || this.log.isListening || isAnswerHeard()) {
      return Promise.all(requests.map(request => this.one(request.parentPid, request.childName, request)))
    }
    const { lanes } = this.fleet
    if (lanes.length === 1) return this.manyOfLane(lanes[0], requests)
    const answers = new Array<Answer>(requests.length)
    const places: number[][] = lanes.map(() => [])
    for (let at = 0; at < requests.length; at++) {
      const { parentPid, childName } = requests[at]
      const lane = this.router.laneOf(parentPid)
      if (lane === NOWHERE) answers[at] = this.refusals.noTree(parentPid, childName)
      else places[lane].push(at)
    }
    const asked = places.map(async (mine, lane) => {
      const decided = await this.manyOfLane(
        lanes[lane],
        mine.map(at => requests[at]),
      )
      for (let i = 0; i < mine.length; i++) answers[mine[i]] = decided[i]
    })
    await Promise.all(asked)
    return answers
  }

  /** In the order of the requests. All are posted at once, so that the host decides one message while the next is written. */
  private async manyOfLane(lane: Lane, requests: readonly AuthorizeRequest[]): Promise<Answer[]> {
    const asked: (Promise<Answer[]> | Answer[])[] = []
    for (let from = 0; from < requests.length; from += MANY_MAX) {
      const to = Math.min(from + MANY_MAX, requests.length)
      asked.push(
        lane.isFull
          ? requests.slice(from, to).map(one => this.refusals.busy(one.parentPid, one.childName, lane.outstanding))
          : lane.call<Answer[]>(encode.encodeAuthorizeMany(lane, requests, from, to)),
      )
    }
    if (asked.length === 1) return asked[0]
    const [first = [], ...others] = await Promise.all(asked)
    // Not flat(): that copies one answer at a time.
    return first.concat(...others)
  }
}

/** The time to live that is asked for. @throws {EspalierError} `invalid_input` */
function checked(parentPid: number, childName: string, options: AuthorizeOptions | null | undefined): number | null {
  check.checkPid(parentPid, 'parent pid')
  check.checkName(childName, 'child name')
  const ttlMs = options?.ttlMs ?? null
  check.checkAmount(ttlMs, 'ttlMs')
  return ttlMs
}
