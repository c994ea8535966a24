/** The sockets of a daemon, and what is answered on each. */

import { answer } from '../../protocol/wire/answers.js'
import type { ConnectionOptions, Handler } from '../control/connection.js'
import { openDoor, type Visitor } from '../control/door.js'
import { type ListeningSocket, listen } from '../control/listen.js'
import { noService } from './answer-failed.js'
import { answerByToken } from './ask.js'
import type { DaemonContext } from './context.js'
import { answerEnd } from './end-process.js'
import { endServices } from './ending.js'
import { answerEvents } from './events/answer-events.js'
import { hearAsks } from './hear-asks.js'
import { answerHistory } from './history/answer-history.js'
import { answerWhy } from './history/answer-why.js'
import { answerLimits, answerSetLimits } from './limits/answer-limits.js'
import { answerReload } from './reload/answer-reload.js'
import { reportForest } from './report.js'
import { answerStart } from './start-service.js'
import { underWay } from './under-way.js'
import { placeVisitor } from './visitor.js'

type Desk = Pick<ConnectionOptions, 'allowed' | 'handle' | 'asker'>

/** Opens the operator's socket, and the children's where no keeper has one for them. */
export async function openSockets(context: DaemonContext): Promise<readonly ListeningSocket[]> {
  const { controlSocket, spawnSocket } = context.paths
  if (context.core.launcher.hear !== undefined) {
    hearAsks(context)
    const door = await openDoor({
      path: controlSocket,
      serve: found => {
        const visitor = placeVisitor(context, found)
        return visitor.where === 'inside' ? insideDesk(context, visitor) : operatorDesk(context)
      },
      onTrouble: message => context.tell({ kind: 'trouble', message }),
    })
    return [door]
  }
  const control = await listen({ path: controlSocket, ...operatorDesk(context) })
  const spawn = await listen({ path: spawnSocket, allowed: ['spawn', 'ping'], handle: childHandler(context) })
  return [control, spawn]
}

function childHandler(context: DaemonContext): Handler {
  return async (request, reply) => {
    if (request.kind === 'spawn') await answerByToken(context, request, reply)
    else await reply.send(answer('pong', { pid: process.pid }))
  }
}

function operatorDesk(context: DaemonContext): Desk {
  const changing = ['stop', 'start', 'end', 'set_limits', 'reload'] as const
  return {
    allowed: ['tree', ...changing, 'ping', 'why', 'history', 'events', 'limits'],
    handle: operatorHandler(context),
  }
}

/** Who lives in a service is no operator: it reads what is its own, and asks for processes on the socket of its keeper. */
function insideDesk(context: DaemonContext, { service, pid }: Visitor): Desk {
  return {
    allowed: ['tree', 'ping'],
    asker: `process ${pid}, which lives in service ${service}`,
    async handle(request, reply) {
      if (request.kind === 'ping') return reply.send(answer('pong', { pid: process.pid }))
      for await (const part of reportForest(context, service)) await reply.send(part)
    },
  }
}

/** What ends the last process is answered before the daemon ends, and with it the connection: in the name of no service, for no end waits for it. */
const beforeTheEnd = (context: DaemonContext, order: () => Promise<void>): Promise<void> => underWay(context, '', order)

function operatorHandler(context: DaemonContext): Handler {
  return async (request, reply) => {
    if (request.kind === 'tree') {
      for await (const part of reportForest(context)) await reply.send(part)
    } else if (request.kind === 'stop') {
      const registered = (await context.core.services()).map(service => service.name)
      // One that a reload is about to start is in no book yet.
      const services = [...new Set([...registered, ...context.supervised.keys()])]
      const names = services.filter(name => request.service === null || request.service === name)
      if (request.service !== null && names.length === 0) {
        return reply.send(noService(request.service, services))
      }
      await beforeTheEnd(context, async () => {
        await endServices(context, names)
        await context.history.stored()
        await reply.send(answer('stopped', { services: names }))
      })
    } else if (request.kind === 'start') {
      await reply.send(await answerStart(context, request))
    } else if (request.kind === 'end') {
      await beforeTheEnd(context, async () => {
        const ended = await answerEnd(context, request)
        await context.history.stored()
        await reply.send(ended)
      })
    } else if (request.kind === 'why') await reply.send(await answerWhy(context, request.subject))
    else if (request.kind === 'history') {
      for (const part of answerHistory(context, request)) await reply.send(part)
    } else if (request.kind === 'events') {
      for await (const part of answerEvents(context.chronicle, request, reply.hungUp)) await reply.send(part)
    } else if (request.kind === 'limits') {
      for await (const part of answerLimits(context, request)) await reply.send(part)
    } else if (request.kind === 'set_limits') await reply.send(await answerSetLimits(context, request))
    else if (request.kind === 'reload') {
      for await (const part of answerReload(context, request.dryRun)) await reply.send(part)
    } else await reply.send(answer('pong', { pid: process.pid }))
  }
}
